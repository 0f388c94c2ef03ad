"""The page on which typst sets engraved tunes.

The book comes as JSON in ``sys.inputs.book``: ``title``, ``font`` and ``tunes``, each with ``number``,
``titles``, ``rhythm``, ``source``, ``tempo`` (``words``, ``note``, ``dots``, ``rate``) and
``systems`` (``svg`` texts, ``tall`` where more than notes stands on them).
"""

PAGE = r"""
#let book = json(bytes(sys.inputs.book))
#let text-width = 174mm
#let text-height = 297mm - 16mm - 18mm

// Without a date the same tunes are the same bytes on any day.
#set document(title: book.title, date: none)
#set page(
  paper: "a4",
  margin: (x: 18mm, top: 16mm, bottom: 18mm),
  footer: context align(center, text(size: 9pt, counter(page).display())),
)
#set text(font: book.font, size: 10.5pt, lang: "en")
#set par(leading: 0.4em, spacing: 0.6em)

// A half note, which text fonts lack; quarter and eighth notes they have.
#let half-note = box(
  height: 0.95em,
  baseline: 0.12em,
  image(bytes(
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 130 300'><g fill='none' stroke='black'>"
      + "<ellipse cx='62' cy='252' rx='52' ry='29' stroke-width='18' transform='rotate(-28 62 252)'/>"
      + "<path d='M112 235V10' stroke-width='11'/></g></svg>",
  ), format: "svg", height: 100%),
)

#let tempo(it) = {
  let signs = (half: half-note, quarter: [♩], eighth: [♪])
  let rate = if it.rate != "" [#signs.at(it.note)#("." * it.dots) = #it.rate]
  (if it.words != "" { strong(it.words) }, rate).filter(part => part != none).join([ ])
}

#let heading(it) = {
  let number = if it.number != "" { it.number + ". " }
  align(center, text(size: 16pt, weight: "bold", number + it.titles.first()))
  for other in it.titles.slice(1) { align(center, text(size: 11pt, style: "italic", other)) }
  let rhythm = if it.rhythm != "" { emph(it.rhythm) }
  let below = (rhythm, tempo(it.tempo)).filter(part => part != none).join(h(1.2em))
  if below != none or it.source != "" {
    grid(columns: (1fr, auto), column-gutter: 1em, align: (left + bottom, right + bottom), below, it.source)
  }
}

// A plain system has room above and below its staff; words, chords and endings need some more.
#let gap(..neighbours) = if neighbours.pos().any(system => system.tall) { 2mm } else { 0.4mm }
#let drawing(system) = image(bytes(system.svg), format: "svg", width: 100%)
#let systems(it) = stack(
  ..it.systems.enumerate().map(((place, system)) => {
    if place > 0 { v(gap(it.systems.at(place - 1), system)) }
    drawing(system)
  }),
)

#for it in book.tunes {
  let whole = { heading(it); v(1.5mm); systems(it) }
  context {
    let fits = measure(block(width: text-width, whole)).height <= text-height
    if fits { block(breakable: false, width: 100%, below: 6mm, whole) } else {
      block(sticky: true, heading(it))
      for system in it.systems { block(breakable: false, spacing: 2mm, drawing(system)) }
      v(4mm)
    }
  }
}
"""
