/* A player for performances: it sounds them, and lights the notes of their drawings.

   mount(root, options)   find the tunes below an element, and give them controls
   Controls               the bar of controls of some tunes
   Tune                   a tune of a page: its performance and its drawings
   Player                 the sound of one performance at a time, and its clock
   Score                  the drawing of a tune: which notes are lit, and which is near a point
   Voices                 the instruments
   make                   an element with its properties and children

   A performance is what folkrnn.export.page writes of a tune:

     seconds    how long it lasts
     parts      [{name, place}], place from -1 (left) to 1 (right)
     voices     the names of the instruments of the notes
     notes      [onset, length, pitch, loudness, part, voice], by onset
     passages   [id, onset, end, number]: a written note each time that the music passes it
     bars       [printed number, number, onset, length, [[beat, first of its measure]], length of a full measure]
     names      what each written note is called, by its id
     pieces     [onset, title] of each tune of a set; the ids of its notes begin with s1-, s2- …

   Times are seconds. Pitches are MIDI note numbers, with fractions for microtones. */

const LOOKAHEAD = 1.5; // seconds that are given to the sound system in advance: a hidden page wakes once a second
const WAKE = 200; // milliseconds between two looks at what comes next
const LEAD = 0.08; // seconds from a key to its sound
const NEAR = 40; // pixels from a point to the note that it means, at most
const SHORTEST = 0.05; // seconds of a loop
const MOST_AHEAD = 0.012; // seconds from a frame to the middle of its time, at most
const CLICK_LEVEL = 0.35;
const LEVEL = 0.3;

const NOTE_ID = /^(?:t\d+-)?((?:s\d+-)?v\d+-b\d+-l\d+-n\d+)/;

/** Return the index of the first item of a sorted list whose key is above a value. */
function above(list, value, key) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(list[middle]) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

const onsetOf = (each) => each[0];

// Instruments ------------------------------------------------------------------------------------

/** The instruments of folkrnn's synthesiser, from the same table of voices, out of a browser's parts. */
export class Voices {
  constructor(context, table) {
    this.context = context;
    this.table = table;
    this.waves = new Map();
  }

  /** Sound a note: `to` is where it goes, `when` the time of the context. Return what can be stopped. */
  note(to, name, pitch, when, length, loudness) {
    const voice = this.table[name];
    const frequency = 440 * 2 ** ((pitch - 69) / 12);
    const strength = this.context.createGain();
    strength.gain.value = loudness * LEVEL;
    strength.connect(to);
    return voice.kind === "Sustained"
      ? this.#sustained(strength, name, voice, frequency, when, length)
      : this.#plucked(strength, name, voice, frequency, when, length);
  }

  /** Sound a wood block. */
  click(to, when, high) {
    const source = this.context.createOscillator();
    const gain = this.context.createGain();
    source.frequency.value = high ? 1900 : 1300;
    gain.gain.setValueAtTime(CLICK_LEVEL, when);
    gain.gain.setTargetAtTime(0, when, 1 / 70);
    source.connect(gain).connect(to);
    source.start(when);
    source.stop(when + 0.1);
    return [source];
  }

  /** Return one period of a note: the harmonics that the voice has at its pitch. */
  #wave(name, voice, frequency) {
    const key = `${name} ${Math.round(12 * Math.log2(frequency / 440))}`;
    if (!this.waves.has(key)) {
      const count = Math.max(1, Math.min(voice.harmonics, Math.floor(this.context.sampleRate / 2.1 / frequency)));
      const strengths = [0];
      for (let k = 1; k <= count; k++) {
        let body = 1;
        for (const each of voice.formants ?? []) {
          body += each.gain * Math.exp(-((Math.log2((k * frequency) / each.frequency) / each.width) ** 2));
        }
        const share = voice.kind === "Sustained" ? (k % 2 ? 1 : voice.even) : Math.sin(Math.PI * k * voice.position);
        strengths.push(k ** -voice.slope * body * share);
      }
      const power = Math.sqrt(strengths.reduce((sum, each) => sum + each * each, 0));
      const imaginary = Float32Array.from(strengths, (each) => each / power);
      this.waves.set(
        key,
        this.context.createPeriodicWave(new Float32Array(imaginary.length), imaginary, { disableNormalization: true }),
      );
    }
    return this.waves.get(key);
  }

  #oscillator(to, name, voice, frequency, cents) {
    const source = this.context.createOscillator();
    source.setPeriodicWave(this.#wave(name, voice, frequency));
    source.frequency.value = frequency;
    source.detune.value = cents;
    source.connect(to);
    return source;
  }

  #sustained(to, name, voice, frequency, when, length) {
    const fade = this.context.createGain();
    const attack = Math.min(voice.attack, length / 2);
    fade.gain.setValueAtTime(0, when);
    fade.gain.linearRampToValueAtTime(1, when + attack);
    fade.gain.setValueAtTime(1, when + length);
    fade.gain.linearRampToValueAtTime(0, when + length + voice.release);
    fade.connect(to);
    const sources = [];
    for (const [cents, share] of voice.reeds) {
      const reed = this.context.createGain();
      reed.gain.value = share;
      reed.connect(fade);
      sources.push(this.#oscillator(reed, name, voice, frequency, cents));
    }
    if (voice.vibrato_depth && length > voice.vibrato_after) {
      const wave = this.context.createOscillator();
      const depth = this.context.createGain();
      wave.frequency.value = voice.vibrato_rate;
      depth.gain.setValueAtTime(0, when + voice.vibrato_after);
      depth.gain.linearRampToValueAtTime(1200 * Math.log2(1 + voice.vibrato_depth), when + voice.vibrato_after + 0.25);
      wave.connect(depth);
      for (const each of sources) depth.connect(each.detune);
      sources.push(wave);
    }
    if (voice.breath || voice.chiff) sources.push(this.#air(to, voice, frequency, when, length));
    return this.#run(sources, when, when + length + voice.release);
  }

  /** Return the noise of a bow or of breath. */
  #air(to, voice, frequency, when, length) {
    const source = this.context.createBufferSource();
    const band = this.context.createBiquadFilter();
    const gain = this.context.createGain();
    source.buffer = this.#noise();
    source.loop = true;
    band.type = "bandpass";
    band.frequency.value = Math.min(3.5 * frequency, this.context.sampleRate / 3);
    gain.gain.setValueAtTime(0, when);
    gain.gain.linearRampToValueAtTime(voice.breath + voice.chiff, when + 0.004);
    gain.gain.setTargetAtTime(voice.breath, when + 0.004, 0.018);
    gain.gain.setTargetAtTime(0, when + length, voice.release / 3);
    source.connect(band).connect(gain).connect(to);
    return source;
  }

  #noise() {
    if (!this.hiss) {
      this.hiss = this.context.createBuffer(1, this.context.sampleRate, this.context.sampleRate);
      const samples = this.hiss.getChannelData(0);
      for (let place = 0; place < samples.length; place++) samples[place] = 2 * Math.random() - 1;
    }
    return this.hiss;
  }

  #plucked(to, name, voice, frequency, when, length) {
    const faster = Math.sqrt(frequency / 440);
    const dull = this.context.createBiquadFilter();
    const decay = this.context.createGain();
    const end = this.context.createGain();
    const top = this.context.sampleRate / 2.2;
    dull.type = "lowpass";
    dull.frequency.setValueAtTime(top, when);
    dull.frequency.setTargetAtTime(Math.min(top, 2 * frequency), when, 1 / (4 * voice.damping * faster));
    decay.gain.setValueAtTime(0, when);
    decay.gain.linearRampToValueAtTime(1, when + 0.002);
    decay.gain.setTargetAtTime(0, when + 0.002, 1 / (voice.decay * faster));
    end.gain.setValueAtTime(1, when + length);
    end.gain.linearRampToValueAtTime(0, when + length + voice.ring);
    dull.connect(decay).connect(end).connect(to);
    const sources = [this.#oscillator(dull, name, voice, frequency, 0)];
    return this.#run(sources, when, when + length + voice.ring);
  }

  #run(sources, when, end) {
    for (const each of sources) {
      each.start(when);
      each.stop(end + 0.02);
    }
    return sources;
  }
}

// Playing ----------------------------------------------------------------------------------------

/** Plays a performance from any place, at any speed, round and round if a loop is set.

    `position` is the time in the performance that is heard now. A lap is a stretch that is played without a break: it
    begins at a time of the sound system's clock and at a position. Events: `state` and `end`. */
export class Player extends EventTarget {
  constructor(table, makeContext = () => new AudioContext()) {
    super();
    this.table = table;
    this.makeContext = makeContext;
    this.performance = null;
    this.loop = null;
    this.metronome = false;
    this.countIn = 0;
    this.muted = new Set();
    this.instrument = "";
    this.rate = 1;
    this.still = 0;
    this.laps = [];
    this.live = new Set();
  }

  get playing() {
    return this.laps.length > 0;
  }

  /** Whether no note is heard yet. */
  get waiting() {
    return this.playing && this.#heard() < this.laps[0].time;
  }

  /** Whether a count-in is heard, and no note yet. */
  get counting() {
    return this.waiting && this.counted > 0;
  }

  get position() {
    return this.positionIn(0);
  }

  /** Return the position some seconds from now. */
  positionIn(seconds) {
    if (!this.playing) return this.still;
    const now = this.#heard() + seconds;
    const lap = this.laps[Math.max(0, above(this.laps, now, (each) => each.time) - 1)];
    const end = this.loop?.[1] ?? this.performance.seconds;
    return Math.min(end, lap.position + Math.max(0, now - lap.time) * this.rate);
  }

  load(performance) {
    this.stop();
    this.performance = performance;
    this.loop = null;
    this.muted = new Set();
    this.still = 0;
  }

  /** Take another performance of the same tune, which was changed: what plays goes on. */
  replace(performance) {
    const { playing, position } = this;
    this.#silence();
    if (performance.parts.length !== this.performance.parts.length) this.muted = new Set();
    this.performance = performance;
    this.still = Math.min(position, performance.seconds);
    if (this.loop?.[1] > performance.seconds) this.loop = null;
    if (playing) this.play(this.still, 0);
    else this.#tell("state");
  }

  /** Play from a position, after a count-in of some measures. */
  async play(from = this.position, measures = this.countIn) {
    this.#silence();
    const [first, last] = this.loop ?? [0, this.performance.seconds];
    const position = from < first || from >= last - 0.001 ? first : from;
    this.still = position;
    this.context ??= this.makeContext();
    this.voices ??= new Voices(this.context, this.table);
    const turn = (this.turn = {});
    if (this.context.state === "suspended") await this.context.resume();
    if (turn !== this.turn) return; // something else was asked for while the sound system woke up
    this.#open();
    const begin = this.context.currentTime + LEAD;
    this.counted = this.#count(begin, position, measures);
    this.laps = [{ time: begin + this.counted, position }];
    this.next = { ...this.laps[0] };
    this.timer = setInterval(() => this.#schedule(), WAKE);
    this.#schedule();
    this.#tell("state");
  }

  pause() {
    const position = this.position;
    this.#silence();
    this.still = position;
    this.#tell("state");
  }

  stop() {
    this.#silence();
    this.still = this.loop?.[0] ?? 0;
    this.#tell("state");
  }

  /** Go to a position, playing on if it plays. */
  seek(position) {
    if (this.playing) return this.play(position, 0);
    this.still = Math.max(0, Math.min(position, this.performance.seconds));
    this.#tell("state");
    return Promise.resolve();
  }

  setSpeed(rate) {
    const position = this.position;
    this.rate = rate;
    if (this.playing) this.play(position, 0);
  }

  /** Play from `begin` to `end` again and again; null: all of it, once. */
  setLoop(loop) {
    const position = this.position;
    this.loop = loop && [loop[0], Math.max(loop[1], loop[0] + SHORTEST)];
    if (this.playing) this.play(position, 0);
    else if (loop) this.still = loop[0];
    this.#tell("state");
  }

  setMetronome(on) {
    this.metronome = on;
    if (this.playing) this.play(this.position, 0);
  }

  /** Play the first part on another instrument of the table; empty: on its own. */
  setInstrument(name) {
    this.instrument = name;
    if (this.playing) this.play(this.position, 0);
  }

  mute(part, muted) {
    if (muted) this.muted.add(part);
    else this.muted.delete(part);
    if (this.outs) this.outs[part].gain.value = muted ? 0 : 1;
  }

  #heard() {
    return this.context.currentTime - (this.context.outputLatency || 0);
  }

  #tell(what) {
    this.dispatchEvent(new Event(what));
  }

  /** Make the way from the parts to the loudspeaker. */
  #open() {
    const limit = this.context.createDynamicsCompressor();
    limit.threshold.value = -6; // decibels: only what would be too loud is made softer
    limit.knee.value = 6;
    this.bus = this.context.createGain();
    this.bus.connect(limit).connect(this.context.destination);
    this.outs = this.performance.parts.map((part, number) => {
      const gain = this.context.createGain();
      const side = this.context.createStereoPanner();
      gain.gain.value = this.muted.has(number) ? 0 : 1;
      side.pan.value = part.place;
      gain.connect(side).connect(this.bus);
      return gain;
    });
  }

  #silence() {
    clearInterval(this.timer);
    this.turn = null;
    this.laps = [];
    if (!this.bus) return;
    const now = this.context.currentTime;
    const bus = this.bus;
    this.bus = null;
    bus.gain.setTargetAtTime(0, now, 0.01);
    for (const each of this.live) each.stop(now + 0.08);
    this.live.clear();
    setTimeout(() => bus.disconnect(), 200);
  }

  #keep(sources) {
    for (const each of sources) {
      this.live.add(each);
      each.onended = () => this.live.delete(each);
    }
  }

  /** Give the sound system what begins within the next seconds. */
  #schedule() {
    const end = this.loop?.[1] ?? this.performance.seconds;
    const horizon = this.context.currentTime + LOOKAHEAD;
    while (this.laps.length > 1 && this.laps[1].time <= this.#heard()) this.laps.shift();
    while (this.next.time < horizon) {
      const { time, position } = this.next;
      const until = Math.min(end, position + (horizon - time) * this.rate);
      this.#sound(position, until, time, end);
      this.next = { time: time + (until - position) / this.rate, position: until };
      if (until < end) break;
      if (!this.loop) {
        if (this.#heard() > this.next.time) {
          this.stop();
          this.#tell("end");
        }
        return;
      }
      this.next.position = this.loop[0];
      this.laps.push({ ...this.next });
    }
  }

  /** Sound what begins from one position to before another; `time` is that of the first. */
  #sound(from, until, time, end) {
    const { notes, voices } = this.performance;
    const at = (onset) => Math.max(time + (onset - from) / this.rate, this.context.currentTime);
    for (let place = above(notes, from - 1e-6, onsetOf); place < notes.length && notes[place][0] < until; place++) {
      const [onset, length, pitch, loudness, part, voice] = notes[place];
      const seconds = Math.min(length, end - onset) / this.rate;
      const name = (part === 0 && this.instrument) || voices[voice];
      this.#keep(this.voices.note(this.outs[part], name, pitch, at(onset), seconds, loudness));
    }
    if (!this.metronome) return;
    for (const bar of this.performance.bars) {
      for (const [beat, first] of bar[4]) {
        if (beat >= from - 1e-6 && beat < until) this.#keep(this.voices.click(this.bus, at(beat), first));
      }
    }
  }

  /** Sound the count-in before a position, and return how long it lasts.

      It is as many measures of the beats around the position; a pickup comes at its end. */
  #count(begin, position, measures) {
    if (!measures) return 0;
    const { bars } = this.performance;
    const here = Math.max(0, above(bars, position + 1e-6, (bar) => bar[2]) - 1);
    const whole = (bar) => bar[4].length && bar[4][0][1] && bar[3] > bar[5] - 0.001;
    const model = bars.slice(here).find(whole) ?? bars.findLast(whole);
    if (!model) return 0;
    const [, , onset, length, beats] = model;
    const first = position - measures * length;
    const clicks = [];
    for (let measure = Math.floor((first - onset) / length); onset + measure * length < position; measure++) {
      for (const [beat, strong] of beats) {
        const time = beat + measure * length;
        if (time >= first - 1e-6 && time < position - 1e-6) clicks.push([time, strong]);
      }
    }
    if (!clicks.length) return 0;
    // Where a pickup follows, the first measure of it begins with its first beat.
    const start = position > onset - 1e-6 ? 0 : Math.max(0, clicks.findIndex((each) => each[1]));
    for (const [time, strong] of clicks.slice(start)) {
      this.#keep(this.voices.click(this.bus, begin + (time - clicks[start][0]) / this.rate, strong));
    }
    return (position - clicks[start][0]) / this.rate;
  }
}

// Drawings ---------------------------------------------------------------------------------------

/** The drawing of a tune, with the notes that it shows by their ids. */
export class Score {
  constructor(element) {
    this.element = element;
    this.drawn = new Map();
    this.marked = new Map();
    for (const each of element.querySelectorAll("[id]")) {
      const id = NOTE_ID.exec(each.id)?.[1];
      if (id) this.drawn.set(id, [...(this.drawn.get(id) ?? []), each]);
    }
  }

  /** Give a class to the notes with these ids, and to no others. Return whether that changed anything. */
  mark(name, ids) {
    const before = this.marked.get(name) ?? new Set();
    const now = new Set(ids);
    if (before.size === now.size && [...now].every((id) => before.has(id))) return false;
    for (const id of before) if (!now.has(id)) this.#each(id, (element) => element.classList.remove(name));
    for (const id of now) if (!before.has(id)) this.#each(id, (element) => element.classList.add(name));
    this.marked.set(name, now);
    return true;
  }

  #each(id, change) {
    for (const element of this.drawn.get(id) ?? []) change(element);
  }

  /** Return the id of the note nearest to a point of the window, or null where none is near. */
  near(x, y) {
    let [found, least] = [null, NEAR];
    for (const [id, elements] of this.drawn) {
      for (const element of elements) {
        const box = (element.querySelector(".notehead") ?? element).getBoundingClientRect();
        if (!box.width) continue;
        const distance = Math.hypot(x - box.x - box.width / 2, y - box.y - box.height / 2);
        if (distance < least) [found, least] = [id, distance];
      }
    }
    return found;
  }

  /** Scroll to a note if it is out of sight: below `top` pixels of the window, or in the element that scrolls. */
  show(id, top) {
    const box = this.drawn.get(id)?.[0]?.getBoundingClientRect();
    const pane = this.element.closest("[data-scrolls]");
    const view = pane?.getBoundingClientRect() ?? { top, bottom: innerHeight };
    if (!box || (box.top > view.top && box.bottom < view.bottom)) return;
    const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
    (pane ?? window).scrollBy({ top: box.top - view.top - (view.bottom - view.top) / 4, behavior });
  }
}

// Tunes ------------------------------------------------------------------------------------------

/** A tune of a page: its performance, its drawings, and where its cursor is. */
export class Tune {
  constructor(section, performance) {
    this.section = section;
    this.pages = [...section.querySelectorAll(".sheet")];
    this.cursor = -1;
    this.perform(performance);
  }

  get title() {
    return this.section.dataset.title;
  }

  /** Take a performance; its drawing, too, may be another one than before. */
  perform(performance) {
    this.performance = performance;
    this.performance.passages.sort((a, b) => a[1] - b[1]);
    this.longest = this.performance.passages.reduce((most, each) => Math.max(most, each[2] - each[1]), 0);
    this.cursor = Math.min(this.cursor, performance.passages.length - 1);
    this.drawing = null;
  }

  /** Return the passages that are to be lit at a position. */
  sounding(position) {
    const { passages } = this.performance;
    const found = [];
    for (let place = above(passages, position, (each) => each[1]) - 1; place >= 0; place--) {
      if (passages[place][1] < position - this.longest) break;
      if (passages[place][2] > position) found.push(passages[place]);
    }
    return found;
  }

  /** Return the place of the first passage of a written note, from a time on; -1 for none. */
  first(id, from = 0) {
    return this.performance.passages.findIndex((each) => each[0] === id && each[1] >= from);
  }

  bar(position) {
    const { bars } = this.performance;
    return bars[Math.max(0, above(bars, position + 1e-6, (each) => each[2]) - 1)];
  }

  /** Return in words where a position is. */
  where(position) {
    const bar = this.bar(position);
    if (!bar) return "";
    const { pieces } = this.performance;
    const piece = pieces[Math.max(0, above(pieces, bar[2] + 1e-3, onsetOf) - 1)];
    const name = `${piece ? `${piece[1]}, ` : ""}${bar[0] > 0 ? `bar ${bar[0]}` : "pickup"}`;
    return bar[1] > 1 ? `${name}, time ${bar[1]}` : name;
  }

  /** Show the drawing of a part: its index. */
  turn(part) {
    for (const [place, page] of this.pages.entries()) page.hidden = place !== part;
    this.drawing = null;
  }

  /** The drawing that is shown. */
  get score() {
    this.drawing ??= new Score(this.pages.find((page) => !page.hidden));
    return this.drawing;
  }
}

// Controls ---------------------------------------------------------------------------------------

/** Make an element with properties, attributes and children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** The bar of controls for all tunes of a page, of which one is current.

    Events: `cursor` where the user goes to a note (`detail`: its id), `lit` where others sound than before (`detail`:
    their ids), and `select` for a loop (`detail`: its times). */
export class Controls extends EventTarget {
  constructor(tunes, player, bars) {
    super();
    this.tunes = tunes;
    this.player = player;
    this.bars = bars || 1;
    this.#build(bars > 0);
    for (const tune of tunes) this.#listen(tune);
    player.addEventListener("state", () => this.#refresh());
    player.addEventListener("end", () => this.#ended());
    this.choose(tunes[0]);
  }

  #build(counted) {
    const button = (text, action, keys = "") => {
      const made = make("button", { type: "button", onclick: action }, text);
      if (keys) made.setAttribute("aria-keyshortcuts", keys);
      return made;
    };
    const check = (text, checked, action) => {
      const box = make("input", { type: "checkbox", checked, onchange: () => action(box.checked) });
      return make("label", {}, box, ` ${text}`);
    };
    this.start = button("Play", () => this.toggle(), "Space");
    this.name = make("strong", { className: "now" });
    this.place = make("input", { type: "range", min: 0, step: 0.01, "aria-label": "Position" });
    this.place.oninput = () => this.#move(Number(this.place.value));
    this.time = make("span", { className: "time" });
    this.speed = make("input", { type: "range", min: 25, max: 150, step: 5, value: 100 });
    this.percent = make("output", {}, "100 %");
    this.speed.oninput = () => {
      this.percent.textContent = `${this.speed.value} %`;
      this.speed.setAttribute("aria-valuetext", `${this.speed.value} percent`);
      this.player.setSpeed(Number(this.speed.value) / 100);
    };
    this.after = make("select", {}, ...["stop", "play again", "next tune"].map((each) => make("option", {}, each)));
    this.instrument = make(
      "select",
      { onchange: () => this.player.setInstrument(this.instrument.value) },
      make("option", { value: "" }, "its own"),
      ...Object.keys(this.player.table).map((each) => make("option", {}, each)),
    );
    this.metronome = check("Metronome", false, (on) => this.player.setMetronome(on));
    this.parts = make("span", { className: "parts" });
    this.drawings = make("select", { onchange: () => this.#turn(this.drawings.selectedIndex) });
    this.drawingsLabel = make("label", {}, "Part ", this.drawings);
    this.said = make("span", { className: "said", role: "status" });
    this.player.countIn = counted ? this.bars : 0;
    this.element = make(
      "div",
      { className: "controls", role: "region", "aria-label": "Player" },
      this.start,
      button("Stop", () => this.player.stop()),
      this.name,
      this.place,
      this.time,
      make(
        "details",
        // A small screen keeps its room for the music.
        { open: matchMedia("(min-width: 45rem)").matches },
        make("summary", {}, "Practice"),
        make("label", {}, "Speed ", this.speed, " ", this.percent),
        this.metronome,
        check("Count-in", counted, (on) => { this.player.countIn = on ? this.bars : 0; }),
        make(
          "span",
          { role: "group", "aria-label": "Loop" },
          button("Loop from here", () => this.edge(0), "["),
          button("to here", () => this.edge(1), "]"),
          button("Clear loop", () => this.select(null), "Escape"),
        ),
        make("label", {}, "At the end ", this.after),
        make("label", {}, "Instrument ", this.instrument),
        this.parts,
        this.drawingsLabel,
        button("Print", () => print()),
      ),
      this.said,
    );
  }

  /** Let a tune be played with pointer and keys. */
  #listen(tune) {
    const start = tune.section.querySelector(".play");
    if (start) start.onclick = () => {
      if (this.tune === tune) this.toggle();
      else {
        this.choose(tune);
        this.player.play(0);
      }
    };
    for (const page of tune.pages) {
      let down = null;
      page.addEventListener("pointerdown", (event) => {
        down = event.button ? null : tune.score.near(event.clientX, event.clientY);
      });
      page.addEventListener("pointerup", (event) => {
        const up = tune.score.near(event.clientX, event.clientY);
        const from = event.shiftKey && this.tune === tune && tune.cursor >= 0 ? this.#cursorId() : down;
        down = null;
        if (!up || !from) return;
        this.choose(tune);
        if (up === from) this.#playFrom(tune.first(up));
        else this.#span(from, up);
      });
      page.addEventListener("keydown", (event) => this.#key(tune, event));
    }
  }

  #key(tune, event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const last = tune.performance.passages.length - 1;
    if (event.shiftKey && event.key.startsWith("Arrow")) return this.#stretch(tune, event);
    const steps = {
      ArrowRight: () => this.#step(tune, tune.cursor + 1),
      ArrowLeft: () => this.#step(tune, tune.cursor - 1),
      Home: () => this.#step(tune, 0),
      End: () => this.#step(tune, last),
      Enter: () => this.#playFrom(Math.max(0, tune.cursor)),
      " ": () => this.toggle(),
      "[": () => this.edge(0),
      "]": () => this.edge(1),
      Escape: () => this.select(null),
    };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    this.choose(tune);
    step();
  }

  /** Make the loop longer or shorter by a note, with Shift and an arrow key. */
  #stretch(tune, event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.choose(tune);
    const { passages } = tune.performance;
    this.anchor = this.player.loop ? this.anchor ?? Math.max(0, tune.cursor) : Math.max(0, tune.cursor);
    const last = Math.max(0, Math.min(this.player.loop ? tune.cursor + step : tune.cursor, passages.length - 1));
    this.#step(tune, last);
    const [begin, end] = [this.anchor, last].sort((a, b) => a - b);
    if (passages[end]) this.select([passages[begin][1], passages[end][2]]);
  }

  /** Make a tune the current one. */
  choose(tune) {
    if (this.tune === tune) return;
    for (const name of ["lit", "cursor", "chosen"]) this.tune?.score.mark(name, []);
    this.tune?.section.removeAttribute("aria-current");
    this.tune = tune;
    tune.section.setAttribute("aria-current", "true");
    tune.cursor = -1;
    this.player.load(tune.performance);
    this.#present();
  }

  /** Take another performance of the current tune, whose drawing was changed, too: what plays goes on. */
  renew(performance) {
    this.tune.perform(performance);
    this.player.replace(performance);
    this.#present();
    this.#mark(this.player.loop);
  }

  /** Show what there is to choose of the current tune. */
  #present() {
    const { tune } = this;
    this.name.textContent = tune.title;
    this.place.max = tune.performance.seconds;
    const { parts } = tune.performance;
    this.parts.replaceChildren(
      ...(parts.length < 2 ? [] : parts).map((part, number) => {
        const box = make("input", { type: "checkbox", checked: !this.player.muted.has(number) });
        box.onchange = () => this.player.mute(number, !box.checked);
        return make("label", {}, box, ` ${part.name}`);
      }),
    );
    this.drawings.replaceChildren(...tune.pages.map((page) => make("option", {}, page.dataset.part)));
    this.drawings.selectedIndex = tune.pages.findIndex((page) => !page.hidden);
    this.drawingsLabel.hidden = tune.pages.length < 2;
    this.#refresh();
  }

  toggle() {
    if (this.player.playing) this.player.pause();
    else this.player.play();
  }

  /** Set one end of the loop at the cursor, or at what sounds. */
  edge(end) {
    const { tune, player } = this;
    const { passages, seconds } = tune.performance;
    const here = tune.cursor >= 0 && !player.playing ? passages[tune.cursor] : tune.sounding(player.position)[0];
    const [begin, stop] = player.loop ?? [0, seconds];
    if (!here) return;
    if (end) this.select([here[2] > begin ? begin : here[1], here[2]]);
    else this.select([here[1], here[1] < stop ? stop : here[2]]);
  }

  /** Play a stretch of time again and again; null: no longer. */
  select(loop) {
    this.player.setLoop(loop);
    this.#mark(loop);
    this.dispatchEvent(new CustomEvent("select", { detail: loop }));
    this.#say(loop ? `Loop from ${this.tune.where(loop[0])} to ${this.tune.where(loop[1] - 0.01)}` : "No loop");
  }

  #mark(loop) {
    const { passages } = this.tune.performance;
    const chosen = loop ? passages.filter((each) => each[1] >= loop[0] - 1e-6 && each[1] < loop[1] - 1e-6) : [];
    this.tune.score.mark("chosen", chosen.map(onsetOf));
  }

  #tellCursor() {
    this.dispatchEvent(new CustomEvent("cursor", { detail: this.#cursorId() }));
  }

  #span(one, other) {
    const { tune } = this;
    const { passages } = tune.performance;
    let [begin, end] = [tune.first(one), tune.first(other)];
    if (begin < 0 || end < 0) return;
    if (passages[begin][1] > passages[end][1]) [begin, end] = [end, begin];
    this.select([passages[begin][1], passages[end][2]]);
    tune.cursor = begin;
  }

  #cursorId() {
    return this.tune.performance.passages[this.tune.cursor][0];
  }

  #playFrom(place) {
    const passage = this.tune.performance.passages[place];
    if (!passage) return;
    const { loop } = this.player;
    this.tune.cursor = place;
    this.#tellCursor();
    if (loop && (passage[1] < loop[0] || passage[1] >= loop[1])) this.select(null);
    this.player.play(passage[1]);
  }

  #step(tune, place) {
    const { passages, names } = tune.performance;
    tune.cursor = Math.max(0, Math.min(place, passages.length - 1));
    const passage = passages[tune.cursor];
    if (!passage) return;
    if (!this.player.playing) this.player.seek(passage[1]);
    tune.score.mark("cursor", [passage[0]]);
    tune.score.show(passage[0], this.element.offsetHeight);
    this.#tellCursor();
    this.#say(`${names[passage[0]]}, ${tune.where(passage[1])}`);
  }

  #move(position) {
    this.tune.cursor = -1;
    this.player.seek(position);
  }

  #turn(part) {
    for (const tune of this.tunes) if (tune.pages[part]) tune.turn(part);
    this.#refresh();
    if (this.player.loop) this.select(this.player.loop);
  }

  #say(text) {
    this.said.textContent = text;
  }

  #refresh() {
    this.start.textContent = this.player.playing ? "Pause" : "Play";
    for (const tune of this.tunes) {
      const plays = this.player.playing && tune === this.tune;
      const start = tune.section.querySelector(".play");
      if (start) start.textContent = plays ? "Pause" : "Play";
    }
    this.#frame();
    this.#follow();
  }

  /** Show what sounds, frame by frame, while it plays; each frame shows the middle of its time. */
  #follow(now = 0, before = now) {
    cancelAnimationFrame(this.frame);
    if (!this.player.playing) return;
    this.#frame(Math.min(MOST_AHEAD, (now - before) / 2000));
    this.frame = requestAnimationFrame((next) => this.#follow(next, now || next));
  }

  /** Show what sounds now. */
  #frame(ahead = 0) {
    const { player, tune } = this;
    const position = player.positionIn(ahead);
    const here = player.waiting ? [] : tune.sounding(position);
    const lit = player.playing || position > 0 ? here : [];
    if (tune.score.mark("lit", lit.map(onsetOf))) {
      this.dispatchEvent(new CustomEvent("lit", { detail: lit.map(onsetOf) }));
      if (lit.length) tune.score.show(lit[0][0], this.element.offsetHeight);
    }
    if (player.playing) tune.score.mark("cursor", []);
    this.place.value = position;
    const where = player.counting ? "count-in" : tune.where(position);
    const text = `${clock(position)} / ${clock(tune.performance.seconds)} ${where}`;
    if (this.time.textContent !== text) {
      this.time.textContent = text;
      this.place.setAttribute("aria-valuetext", where || clock(position));
    }
  }

  #ended() {
    const next = this.tunes[this.tunes.indexOf(this.tune) + 1];
    if (this.after.selectedIndex === 2 && next) this.choose(next);
    if (this.after.selectedIndex === 1 || (this.after.selectedIndex === 2 && next)) this.player.play(0);
  }
}

/** Give the tunes below an element a player, and return it with its controls.

    A tune is an element of the class `tune`: it has `data-title`, a button of the class `play`, drawings of the class
    `sheet`, and its performance as JSON. `voices` is the table of instruments, `countIn` the bars that are counted. */
export function mount(root, { voices, countIn = 0, makeContext }) {
  const written = (section) => JSON.parse(section.querySelector("script[type='application/json']").textContent);
  const tunes = [...root.querySelectorAll(".tune")].map((each) => new Tune(each, written(each)));
  if (!tunes.length) return null;
  const player = new Player(voices, makeContext);
  const controls = new Controls(tunes, player, countIn);
  root.prepend(controls.element);
  for (const tune of tunes) tune.section.querySelector(".play").hidden = false;
  return { player, controls, tunes };
}
