"""The page on which typst sets engraved tunes.

The book comes as JSON in ``sys.inputs.book``: ``title``, ``font``, the page and its text in millimetres, ``columns``
with their ``gutter``, whether there are a ``cover`` and ``contents``, an ``index`` by rhythm and key, and ``tunes``,
each with ``number``, ``titles``, ``rhythm``, ``source``, ``tempo`` (``words``, ``note``, ``dots``, ``rate``) and
``systems`` (``svg`` texts, ``tall`` where more than notes stands on them). A ``picture`` is one page as high as it
needs.
"""

PAGE = r"""
#let book = json(bytes(sys.inputs.book))
#let text-width = book.text.width * 1mm
#let text-height = book.text.height * 1mm
// What is used beside the tunes stands apart: a function that took the book along would be as slow as the book is long.
#let picture = book.picture
#let names = book.tunes.map(it => if it.number != "" { it.number + ". " } + it.titles.first())

// Without a date the same tunes are the same bytes on any day.
#set document(title: book.title, date: none)
#set page(
  width: book.page.width * 1mm,
  height: if book.picture { auto } else { book.page.height * 1mm },
  margin: if book.picture { (x: book.page.x * 1mm, y: 8mm) } else {
    (x: book.page.x * 1mm, top: book.page.top * 1mm, bottom: book.page.bottom * 1mm)
  },
  columns: book.columns,
  footer: if book.picture { none } else {
    context align(center, text(size: 9pt, counter(page).display()))
  },
)
#set columns(gutter: book.gutter * 1mm)
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

// The tune's name stands in the PDF's list of bookmarks too.
#show heading: it => it.body
#let title-of(it) = {
  let number = if it.number != "" { it.number + ". " }
  heading(outlined: false, bookmarked: true, text(size: 16pt, weight: "bold", number + it.titles.first()))
}

#let top(it) = {
  align(center, title-of(it))
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

// Where each tune begins, for the contents and the index.
#let mark(place) = [#metadata(place)<tune>]
#let page-of(place) = {
  let found = query(<tune>).find(each => each.value == place)
  link(found.location(), counter(page).at(found.location()).map(str).join())
}
#let line-of(place) = {
  block(spacing: 0.45em, [#names.at(place) #box(width: 1fr, repeat(gap: 0.2em)[.]) #page-of(place)])
}
#let chapter(name) = block(below: 5mm, text(size: 18pt, weight: "bold", name))

#if book.cover {
  page(columns: 1, footer: none, align(center + horizon, {
    text(size: 30pt, weight: "bold", book.title)
    v(6mm)
    text(size: 14pt)[#book.tunes.len() #if book.tunes.len() == 1 [tune] else [tunes]]
  }))
}
#if book.contents {
  chapter[Contents]
  context for place in range(names.len()) { line-of(place) }
  pagebreak()
}

#for (place, it) in book.tunes.enumerate() {
  let whole = { mark(place); top(it); v(1.5mm); systems(it) }
  context {
    let fits = picture or measure(block(width: text-width, whole)).height <= text-height
    if fits { block(breakable: false, width: 100%, below: 6mm, whole) } else {
      block(sticky: true, { mark(place); top(it) })
      for system in it.systems { block(breakable: false, spacing: 2mm, drawing(system)) }
      v(4mm)
    }
  }
}

#if book.index.len() > 0 {
  pagebreak()
  chapter[By rhythm and key]
  context for group in book.index {
    block(above: 4mm, below: 2mm, sticky: true, text(size: 13pt, weight: "bold", group.rhythm))
    for each in group.keys {
      block(above: 2mm, below: 1mm, sticky: true, emph(each.key))
      for place in each.tunes { line-of(place) }
    }
  }
}
"""
