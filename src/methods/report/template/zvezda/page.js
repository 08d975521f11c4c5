/* What the page of a report can do without a server: sort and search tables, try other weights of groups.
   It writes only texts, never markup, and asks for nothing. Without it the page reads the same. */
(() => {
"use strict";

const LONG = 12;           // rows; a longer table gets a search field
const SHOWN = 20;          // rows of the ranking
const DRAWS = 200;         // of the survey's error; fewer of many units, so that a redraw keeps within 200 ms
const FEWEST_DRAWS = 80, WORK = 240_000;   // units times draws
const COVERAGE = 0.9;      // of the draws inside an interval
const SPREAD = 0.25;       // share of its weight by which a weight is shifted where errors are unknown
const SEED = 20221225;
const FIGURE = /^([+−-]?\d[\d\s]*(?:[.,]\d+)?(?:[eE][+-]?\d+)?)\s?%?(?:\s?[–…;]\s?[+−-]?\d[\d\s]*(?:[.,]\d+)?\s?%?)?$/;
const NOTHING = /^(?:—|–|-|−|nan|None|)$/i;
const russian = new Intl.Collator("ru", {numeric: true});

/* -- small things ---------------------------------------------------------------------------------------------- */

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/* The first number of «12–15», «−1 234,5», «48,5 %»; null for nothing; NaN for words. */
function figure(text) {
  const said = text.trim();
  if (NOTHING.test(said)) return null;
  const found = FIGURE.exec(said);
  return found ? Number(found[1].replace(/\s/g, "").replace("−", "-").replace(",", ".")) : NaN;
}

/* Ё is a letter of its own after Е: the collator holds them for one, so Ё is spelt «Е and the last of letters». */
const lettered = text => text.trim().replace(/ё/g, "е\uFFFF").replace(/Ё/g, "Е\uFFFF");
const folded = text => text.toLowerCase().replace(/ё/g, "е").replace(/\s+/g, " ").trim();

function spell(value, decimals) {
  const [whole, part] = Math.abs(value).toFixed(decimals).split(".");
  const text = whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") + (part ? "," + part : "");
  return (value < 0 && /[1-9]/.test(text) ? "−" : "") + text;
}

function plural(count, [one, few, many]) {
  if (count % 10 === 1 && count % 100 !== 11) return one;
  return [2, 3, 4].includes(count % 10) && ![12, 13, 14].includes(count % 100) ? few : many;
}

/* -- tables ----------------------------------------------------------------------------------------------------- */

function sortable(table) {
  const head = table.tHead && table.tHead.rows[table.tHead.rows.length - 1];
  const rows = [...table.tBodies].flatMap(body => [...body.rows]);
  if (!head || table.tBodies.length !== 1 || rows.length < 3) return;
  const cells = [...head.cells, ...rows.flatMap(row => [...row.cells])];
  const merged = table.querySelector("[rowspan]:not([rowspan='1'])") || cells.some(cell => cell.colSpan > 1);
  if (merged || rows.some(row => row.cells.length !== head.cells.length)) return;
  const words = rows.every(row => Number.isNaN(figure(row.cells[row.cells.length - 1].textContent)));
  if (head.cells.length < 3 && words) return;   // a sheet of properties is read in its own order
  [...head.cells].forEach((cell, column) => sorter(table, rows, cell, column));
  if (rows.length > LONG) searcher(table, rows);
}

function sorter(table, rows, cell, column) {
  const button = make("button", {type: "button", class: "sort"}, ...cell.childNodes);
  if (!button.textContent.trim()) button.setAttribute("aria-label", `Столбец ${column + 1}`);
  button.title = "Упорядочить: по возрастанию, по убыванию, как было";
  cell.append(button);
  const texts = rows.map(row => row.cells[column].textContent);
  const figures = texts.map(figure);
  const numeric = !figures.some(Number.isNaN);
  const words = numeric ? [] : texts.map(lettered);
  const absent = texts.map(text => NOTHING.test(text.trim()));
  button.addEventListener("click", () => {
    const next = {ascending: "descending", descending: null}[cell.getAttribute("aria-sort")];
    const order = next === undefined ? "ascending" : next;
    for (const other of cell.parentElement.cells) other.removeAttribute("aria-sort");
    if (order) cell.setAttribute("aria-sort", order);
    const sign = order === "descending" ? -1 : 1;
    const places = rows.map((_, i) => i);
    if (order) {
      places.sort((a, b) => absent[a] - absent[b] || (absent[a] ? 0
        : sign * (numeric ? figures[a] - figures[b] : russian.compare(words[a], words[b]))));
    }
    table.tBodies[0].append(...places.map(i => rows[i]));
  });
}

function searcher(table, rows) {
  const texts = rows.map(row => folded([...row.cells].map(cell => cell.textContent).join(" ")));
  const input = make("input", {type: "search", autocomplete: "off"});
  const count = make("output", {"aria-live": "polite"});
  input.addEventListener("input", () => {
    const wanted = folded(input.value);
    let found = 0;
    rows.forEach((row, i) => {
      row.hidden = !texts[i].includes(wanted);
      found += !row.hidden;
    });
    count.textContent = wanted ? `Найдено ${spell(found, 0)} из ${spell(rows.length, 0)}` : "";
  });
  const box = table.closest("div.table") || table;
  box.before(make("div", {class: "find"}, make("label", {}, "Найти в таблице ", input), count));
}

/* -- the index under other weights ------------------------------------------------------------------------------- */

/* Numbers equal to 12 digits are equal: methods.index.rounding.dustless. */
const dustless = value => Number(value.toPrecision(12));
const halfUp = (value, decimals) => {
  const size = Number(Math.round(Number(`${dustless(Math.abs(value))}e${decimals}`)) + `e-${decimals}`);
  return value < 0 && size ? -size : size;
};

/* Weighted power mean of the groups that are there (methods.index.score.element_score) and its slopes. */
function indexOf(data, weights, slopes) {
  const {count, groups, scores, exponent, complete, coverage} = data;
  const index = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let whole = 0, sum = 0;
    for (let g = 0; g < groups; g++) {
      const x = scores[i * groups + g];
      if (Number.isNaN(x)) continue;
      whole += weights[g];
      sum += weights[g] * (exponent === 1 ? x : exponent === 0 ? Math.log(x) : x ** exponent);
    }
    const enough = whole > 0 && whole >= (complete ? 1 : coverage) - 1e-9;
    const mean = enough ? sum / whole : NaN;
    index[i] = exponent === 1 ? mean : exponent === 0 ? Math.exp(mean) : mean ** (1 / exponent);
    if (slopes) {
      for (let g = 0; g < groups; g++) {
        const x = scores[i * groups + g];
        slopes[i * groups + g] = Number.isNaN(x) || !enough ? 0
          : weights[g] / whole * (exponent === 1 ? 1 : (index[i] / x) ** (1 - exponent));
      }
    }
  }
  return index;
}

/* Places, 1 the best; equal to 12 digits share one, as methods.index.rank has it. */
function placesOf(values, ties) {
  const known = [];
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) known.push(i);
  const same = Float64Array.from(values, value => Number.isNaN(value) ? NaN : Number(dustless(value).toFixed(12)));
  known.sort((a, b) => same[b] - same[a]);
  const places = new Float64Array(values.length).fill(NaN);
  for (let start = 0, level = 1; start < known.length; level++) {
    let end = start;
    while (end < known.length && same[known[end]] === same[known[start]]) end++;
    const place = {min: start + 1, max: end, average: (start + 1 + end) / 2, dense: level}[ties];
    for (let k = start; k < end; k++) places[known[k]] = place;
    start = end;
  }
  return places;
}

/* Grade by fixed borders (methods.index.grade.bands); NaN without a score. */
function gradeOf(value, rule) {
  if (Number.isNaN(value)) return NaN;
  const score = rule.decimals === null ? dustless(value) : halfUp(value, rule.decimals);
  if (rule.floor !== null && score <= rule.floor) return 0;
  return 1 + rule.cut_offs.filter(cut => rule.edge === "upper" ? cut <= score : cut < score).length;
}

/* Numbers on [0; 1) that are the same in every browser: Mulberry32. */
function uniforms(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6D2B79F5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/* Standard normal numbers by the polar method of Marsaglia. */
function normals(size, seed) {
  const uniform = uniforms(seed), drawn = new Float32Array(size);
  for (let k = 0; k < size;) {
    const u = 2 * uniform() - 1, v = 2 * uniform() - 1, s = u * u + v * v;
    if (s >= 1 || s === 0) continue;
    const scale = Math.sqrt(-2 * Math.log(s) / s);
    drawn[k++] = u * scale;
    if (k < size) drawn[k++] = v * scale;
  }
  return drawn;
}

/* What a draw gives each unit's index: the survey's error, or where errors are unknown shifted weights. */
function drawer(data, weights, index, slopes) {
  const {count, groups, errors, common, draws} = data;
  if (!errors) {
    data.noise ??= Float32Array.from({length: groups * draws}, uniforms(SEED));
    return d => {
      const shifted = weights.map((w, g) => w * (1 + SPREAD * (2 * data.noise[g * draws + d] - 1)));
      const whole = shifted.reduce((a, b) => a + b, 0);
      return indexOf(data, shifted.map(w => w / whole), null);
    };
  }
  data.noise ??= normals(count * draws, SEED);
  const deviation = new Float64Array(count), values = new Float64Array(count);
  for (let i = 0; i < count; i++) {   // errors of groups with one common correlation, through the slopes of the index
    let own = 0, sum = 0;
    for (let g = 0; g < groups; g++) {
      const part = slopes[i * groups + g] * (errors[i * groups + g] || 0);
      own += part * part;
      sum += part;
    }
    deviation[i] = Math.sqrt((1 - common) * own + common * sum * sum);
  }
  return d => {
    for (let i = 0; i < count; i++) values[i] = index[i] + deviation[i] * data.noise[i * draws + d];
    return values;
  };
}

/* Lowest and highest place of every unit in the draws, without the tails; its own place is always inside. */
function intervalsOf(data, weights, index, slopes, places) {
  const {count, draws} = data, known = [];
  for (let i = 0; i < count; i++) if (!Number.isNaN(index[i])) known.push(i);
  const size = known.length, drawn = new Uint16Array(size * draws), sorted = new Float64Array(size);
  const draw = drawer(data, weights, index, slopes);
  for (let d = 0; d < draws; d++) {
    const values = draw(d);
    for (let k = 0; k < size; k++) sorted[k] = values[known[k]];
    sorted.sort();
    for (let k = 0; k < size; k++) {   // place = 1 + how many are above
      const value = values[known[k]];
      let low = 0, high = size;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (sorted[middle] <= value) low = middle + 1; else high = middle;
      }
      drawn[k * draws + d] = 1 + size - low;
    }
  }
  const tail = (1 - COVERAGE) / 2 * (draws - 1);
  const low = new Float64Array(count).fill(NaN), high = new Float64Array(count).fill(NaN);
  known.forEach((i, k) => {
    const own = drawn.subarray(k * draws, (k + 1) * draws).sort();
    low[i] = Math.min(own[Math.floor(tail)], places[i]);
    high[i] = Math.max(own[Math.ceil(draws - 1 - tail)], places[i]);
  });
  return {low, high};
}

/* -- the block --------------------------------------------------------------------------------------------------- */

function read(text) {
  const given = JSON.parse(text), groups = given.groups.length, count = given.units.length;
  const flat = rows => Float64Array.from(rows.flat(), value => value === null ? NaN : value);
  return {...given, titles: given.groups, groups, count, scores: flat(given.scores),
          errors: given.errors && flat(given.errors),
          draws: Math.min(DRAWS, Math.max(FEWEST_DRAWS, Math.round(WORK / count)))};
}

function solve(data, weights) {
  const begun = performance.now();
  const slopes = new Float64Array(data.count * data.groups);
  const index = indexOf(data, weights, slopes);
  const places = placesOf(index, data.ties);
  const {low, high} = intervalsOf(data, weights, index, slopes, places);
  const grades = data.grades && Array.from(index, value => gradeOf(value, data.grades));
  return {weights: [...weights], index, places, low, high, grades, milliseconds: performance.now() - begun};
}

function whatIf(root, block) {
  const data = read(root.dataset.weights);
  const units = data.units.map(([code, title]) => ({code, title, folded: folded(`${code} ${title}`)}));
  const adopted = solve(data, data.adopted);
  let now = adopted, weights = [...data.adopted];

  const summary = make("p", {"aria-live": "polite"});
  const movers = make("p");
  const find = make("input", {type: "search", autocomplete: "off"});
  const found = make("output", {"aria-live": "polite"});
  const body = make("tbody");
  const reset = make("button", {type: "button"}, "Вернуть принятые");
  const knobs = data.titles.map(([code, title], g) => knob(code, title, g));
  const columns = ["Место", data.unit.title, "Место с", "Место по", "Было", "Индекс",
                   ...(data.grades ? [data.grades.title] : [])];
  const place = value => spell(value, data.ties === "average" ? 1 : 0);
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...columns.map(column =>
    make("th", {scope: "col", class: column !== data.unit.title && "num"}, column)))), body);
  const heading = `Места при выбранных весах${data.mark && ` (${data.mark})`}`;
  const live = make("div", {class: "live"},
    make("div", {class: "weights", role: "group", "aria-label": "Веса групп, %"}, ...knobs.flatMap(one => one.parts)),
    make("p", {}, reset), summary, movers,
    make("p", {}, make("strong", {}, heading)),
    make("div", {class: "find"}, make("label", {}, "Найти ", find), found),
    make("div", {class: "table", tabindex: "0", role: "region", "aria-label": heading}, table),
    make("p", {class: "note"}, method()));

  function knob(code, title, g) {
    const range = make("input", {type: "range", min: 0, max: 100, step: 1, id: `what-if-${block}-${g}`});
    const number = make("input", {type: "text", inputmode: "decimal", autocomplete: "off",
                                  "aria-label": `${title}, вес, %`});
    const was = make("span", {class: "adopted"}, `принято ${spell(100 * data.adopted[g], 1)} %`);
    const change = input => () => {
      const wanted = figure(input.value);
      if (Number.isFinite(wanted)) move(g, Math.min(Math.max(wanted, 0), 100) / 100, input);
    };
    range.addEventListener("input", change(range));
    number.addEventListener("input", change(number));
    number.addEventListener("change", () => show());
    return {range, number, parts: [make("label", {for: `what-if-${block}-${g}`}, `${title} (${code})`), range, number, was]};
  }

  /* One weight is set; the others keep their ratios and share the rest. */
  function move(g, weight, source) {
    const basis = weights.some((w, h) => h !== g && w > 0) ? weights
      : data.adopted.some((w, h) => h !== g && w > 0) ? data.adopted : weights.map(() => 1);
    const others = basis.reduce((sum, w, h) => h === g ? sum : sum + w, 0);
    set(basis.map((w, h) => h === g ? weight : w / others * (1 - weight)), source);
  }

  function set(chosen, source) {
    weights = chosen;
    now = solve(data, weights);
    show(source);
  }

  function show(source) {
    knobs.forEach(({range, number}, g) => {
      if (source !== range) range.value = 100 * weights[g];
      if (source !== number) number.value = spell(100 * weights[g], 1);
      range.setAttribute("aria-valuetext", `${spell(100 * weights[g], 1)} %`);
    });
    tell();
    rank();
  }

  function shift(i) {
    return adopted.places[i] - now.places[i];
  }

  function tell() {
    const ranked = units.map((_, i) => i).filter(i => !Number.isNaN(now.places[i]) && !Number.isNaN(adopted.places[i]));
    const moved = ranked.filter(i => shift(i) !== 0).length;
    const among = plural(moved, [data.unit.few, data.unit.many, data.unit.many]);
    let said = moved ? `Место другое у ${spell(moved, 0)} ${among} из ${spell(ranked.length, 0)}.`
      : "Места те же, что при принятых весах.";
    if (data.grades && moved) {
      const changed = ranked.filter(i => now.grades[i] !== adopted.grades[i]).length;
      said += ` Уровень (${data.grades.title.toLowerCase()}) другой у ${spell(changed, 0)}.`;
    }
    const outside = ranked.filter(i => now.places[i] < adopted.low[i] || now.places[i] > adopted.high[i]).length;
    if (moved) said += ` Из прежнего интервала места вышли ${spell(outside, 0)}.`;
    summary.textContent = said;
    const byShift = ranked.filter(i => shift(i) !== 0).sort((a, b) => Math.abs(shift(b)) - Math.abs(shift(a)) || a - b);
    const named = (what, list) => list.length ? `${what}: ` + list.map(i =>
      `${units[i].title} (${place(adopted.places[i])} → ${place(now.places[i])})`).join(", ") + ". " : "";
    movers.textContent = named("Сильнее всех поднялись", byShift.filter(i => shift(i) > 0).slice(0, 3))
      + named("Сильнее всех опустились", byShift.filter(i => shift(i) < 0).slice(0, 3));
  }

  function rank() {
    const wanted = folded(find.value);
    const order = units.map((_, i) => i).filter(i => !Number.isNaN(now.places[i]) && units[i].folded.includes(wanted))
      .sort((a, b) => now.places[a] - now.places[b] || a - b);
    found.textContent = `Показано ${Math.min(order.length, SHOWN)} из ${spell(order.length, 0)}`;
    body.replaceChildren(...order.slice(0, SHOWN).map(row));
  }

  function row(i) {
    const moved = shift(i);
    const {code, title} = units[i];
    const name = make("td", {}, title.includes(code) ? title : `${title} (${code})`);
    const grade = data.grades ? [now.grades[i] === adopted.grades[i] ? spell(now.grades[i], 0)
      : `${spell(adopted.grades[i], 0)} → ${spell(now.grades[i], 0)}`] : [];
    const cell = (text, kind = "") => make("td", {class: `num ${kind}`.trim()}, text);
    return make("tr", {}, cell(place(now.places[i])), name, cell(place(now.low[i])), cell(place(now.high[i])),
      cell(place(adopted.places[i]), moved > 0 ? "up" : moved < 0 ? "down" : ""),
      cell(spell(halfUp(now.index[i], data.decimals), data.decimals)), ...grade.map(text => cell(text)));
  }

  function method() {
    const noise = data.errors
      ? `Интервал — ${100 * COVERAGE} % из ${data.draws} розыгрышей одной ошибки опроса (нормальной, начало датчика `
        + "постоянно); ошибки проверяющих и спор о весах внутри групп в него не входят."
      : `Ошибка баллов неизвестна: интервал — ${100 * COVERAGE} % из ${data.draws} розыгрышей, в которых каждый `
        + `выбранный вес сдвигается не больше чем на ${100 * SPREAD} %.`;
    const grades = data.graded && !data.grades ? " Уровни здесь не пересчитываются: их границы зависят от баллов всех."
      : "";
    return "Места даны среди единиц этого списка, поэтому не совпадают с местами в общем рейтинге. Индекс пересчитан из "
      + `опубликованных, то есть округлённых, баллов групп. ${noise}${grades}`;
  }

  reset.addEventListener("click", () => set([...data.adopted]));
  find.addEventListener("input", rank);
  for (const words of root.querySelectorAll(":scope > p.without-script")) words.hidden = true;
  root.append(live);
  show();
  root.whatIf = {set, result: () => ({...now, codes: units.map(unit => unit.code)})};
}

document.querySelectorAll("main table").forEach(sortable);
document.querySelectorAll(".what-if[data-weights]").forEach((root, block) => {
  try {
    whatIf(root, block);
  } catch (error) {   // the sentence stays, and so does the rest of the page
    console.warn("Блок весов не разобран:", error.message);
  }
});
})();
