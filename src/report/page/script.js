// Switches between days, weeks and months, isolates a type, sorts the tables, saves what is shown as CSV, and tells what a
// bar holds. Without this script the page shows all types by what suits the number of days.
const data = JSON.parse(document.getElementById('data').textContent);
const find = (selector, root = document) => [...root.querySelectorAll(selector)];
const format = (number) => number.toLocaleString('en');
/** As the page has it elsewhere: 3,807, 16, 3.4. */
const formatMean = (mean) => {
  if (Number.isInteger(mean) || mean >= 9.95) return format(Math.round(mean));
  return mean < 0.05 ? '< 0.1' : mean.toFixed(1);
};
const sumOf = (types, numbers) => types.reduce((sum, type) => sum + numbers[type], 0);

/** What is shown: an interval, and the number of the one series, or null for all. */
const shown = {
  interval: document.querySelector('figure > [data-interval]:not([hidden])').dataset.interval,
  only: null,
};
const figure = document.querySelector('figure');
const tip = document.createElement('div');
tip.id = 'tip';
// The table has the same for those who cannot point.
tip.setAttribute('aria-hidden', 'true');
const band = document.createElement('div');
band.id = 'band';
figure.append(band, tip);

const findView = () => data.intervals.find(({ interval }) => interval === shown.interval);
/** The averages of a period, exact: of each type, then of all. */
const averageOf = (sums, types) => {
  const parts = types === null ? [sums.at(-1)] : types.map((type) => sums[type] ?? null);
  return parts.includes(null) ? null : parts.reduce((sum, part) => sum + part, 0) / data.window;
};

function show(change) {
  Object.assign(shown, change);
  const { interval, only } = shown;
  tip.hidden = true;
  band.hidden = true;
  for (const each of find('[data-interval]')) each.hidden = each.dataset.interval !== interval;
  for (const each of find('[data-show]')) {
    each.setAttribute('aria-pressed', each.dataset.show === interval);
  }
  for (const each of find('[data-only]')) each.hidden = each.dataset.only !== String(only ?? '');
  document.querySelector('.legend').classList.toggle('isolated', only !== null);
  for (const button of find('.legend button')) {
    button.setAttribute('aria-pressed', Number(button.parentElement.dataset.series) === only);
  }
  for (const card of find('.card')) {
    card.classList.toggle('dimmed', only !== null && Number(card.dataset.series) !== only);
  }
  for (const box of find('figure > [data-interval]')) {
    const [all, caption] = [box.querySelector('.plot'), box.querySelector('figcaption')];
    box.querySelector('.plot.isolated')?.remove();
    all.hidden = only !== null;
    // What is cut off differs between types; the note is that of all.
    caption.hidden = only !== null;
    if (only === null) continue;
    // A card's chart is the same drawing, made small by the style alone.
    const small = document.querySelector(
      `.card[data-series="${only}"] [data-interval="${box.dataset.interval}"] .plot`,
    );
    const large = small.cloneNode(true);
    large.classList.add('isolated');
    all.after(large);
  }
  for (const table of tables) table.isolate(only);
}

/** The averages of a column, with equally many decimals, as the page has them elsewhere. */
function toTexts(averages) {
  const most = averages.reduce((max, average) => Math.max(max, average ?? 0), 0);
  const decimals = most >= 100 ? 0 : most >= 1 ? 1 : 2;
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return averages.map((average) => average?.toLocaleString('en', digits) ?? '–');
}

/** Sorting, and the columns of one type. */
function prepareTable(table, { periods }) {
  const headers = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  // The newest stand first.
  const rows = [...body.rows].map((row, index) => ({
    row,
    period: periods[periods.length - 1 - index],
  }));
  const averages = rows.map(({ row }) => row.cells[2].textContent);
  const [TOTAL, AVERAGE, FIRST] = [1, 2, 4];
  let only = null;
  const keys = (column) => {
    const types = only === null ? null : data.series[only].types;
    return ({ period }) => {
      if (column === 0) return period.from;
      if (column === TOTAL) return sumOf([...period.counts.keys()], period.counts);
      if (column === AVERAGE) return averageOf(period.sums, types);
      return sumOf(data.series[column - FIRST].types, period.counts);
    };
  };
  function sort(column, direction) {
    const sign = direction === 'ascending' ? 1 : -1;
    const read = keys(column);
    const keyed = rows.map((each) => ({ row: each.row, key: read(each) }));
    keyed.sort((a, b) => {
      if (a.key === b.key) return 0;
      // What has no value comes last either way.
      if (a.key === null) return 1;
      if (b.key === null) return -1;
      return a.key < b.key ? -sign : sign;
    });
    body.append(...keyed.map(({ row }) => row));
    for (const header of headers) header.removeAttribute('aria-sort');
    headers[column].setAttribute('aria-sort', direction);
  }
  for (const [column, header] of headers.entries()) {
    if (header.tagName !== 'TH') continue;
    // Not a button element: browsers leave those out of a table's head from the second printed page on.
    const button = document.createElement('span');
    button.setAttribute('role', 'button');
    button.tabIndex = 0;
    button.append(...header.childNodes);
    header.append(button);
    const turn = () => {
      const now = header.getAttribute('aria-sort');
      sort(column, now === 'descending' ? 'ascending' : 'descending');
    };
    button.addEventListener('click', turn);
    button.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      turn();
    });
  }
  headers[0].setAttribute('aria-sort', 'descending');
  return {
    isolate(series) {
      if (series === only) return;
      only = series;
      table.classList.toggle('one', only !== null);
      for (const row of table.rows) {
        for (const [column, cell] of [...row.cells].entries()) {
          const isOther = column === TOTAL || (column >= FIRST && column - FIRST !== only);
          cell.hidden = only !== null && isOther;
        }
      }
      const texts =
        only === null
          ? averages
          : toTexts(rows.map(({ period }) => averageOf(period.sums, data.series[only].types)));
      for (const [index, { row }] of rows.entries()) row.cells[AVERAGE].textContent = texts[index];
      const sorted = headers.findIndex((header) => header.hasAttribute('aria-sort'));
      // A column that is gone no longer says what the rows are sorted by.
      if (headers[sorted].hidden) sort(0, 'descending');
      else sort(sorted, headers[sorted].getAttribute('aria-sort'));
    },
  };
}

const tables = find('.periods').map((table, index) => prepareTable(table, data.intervals[index]));

for (const button of find('[data-show]')) {
  button.addEventListener('click', () => show({ interval: button.dataset.show }));
}
for (const item of find('.legend [data-series]')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.setAttribute('aria-pressed', 'false');
  button.append(...item.childNodes);
  item.append(button);
  const series = Number(item.dataset.series);
  button.addEventListener('click', () => show({ only: shown.only === series ? null : series }));
}
document.querySelector('.controls').hidden = false;

// The columns of the command's CSV, of what is shown: HubSpot's names, a type that a spreadsheet would take for a formula
// with ' in front.
function toCsv() {
  const { interval, periods } = findView();
  const all = data.types.map((name, type) => ({ name, types: [type] }));
  const { types } = data.series[shown.only] ?? {};
  const columns =
    types === undefined
      ? [...all, { name: 'ALL', types: null }]
      : all.filter((_, type) => types.includes(type));
  const toField = (text) => {
    const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
  };
  const lines = periods.flatMap(({ from, counts, sums }) =>
    columns.map(({ name, types }) => {
      const count = sumOf(types ?? [...counts.keys()], counts);
      const average = averageOf(sums, types);
      return [from, toField(name), count, average === null ? '' : average.toFixed(4)].join(',');
    }),
  );
  return [`${interval},type,count,rolling_average`, ...lines, ''].join('\n');
}
document.getElementById('save').addEventListener('click', () => {
  const { interval, periods } = findView();
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([toCsv()], { type: 'text/csv' }));
  link.download = `engagements-by-${interval}-from-${periods[0].from}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
});

function describe({ label, from, isWhole, dayCount, counts, sums }) {
  const isDay = shown.interval === 'day';
  const weekday = new Date(`${from}T00:00:00Z`).toLocaleDateString('en', {
    weekday: 'short',
    timeZone: 'UTC',
  });
  const perDay = (count) =>
    `${format(count)}${isDay ? '' : ` (${formatMean(count / dayCount)} a day)`}`;
  const { types = null } = data.series[shown.only] ?? {};
  const average = averageOf(sums, types);
  const parts = data.series.filter(
    (series, index) =>
      (shown.only ?? index) === index && (types !== null || sumOf(series.types, counts) > 0),
  );
  return [
    isDay ? `${weekday} ${label}` : label,
    ...(isWhole ? [] : [isDay ? 'today is not over yet' : `not a whole ${shown.interval}`]),
    ...(types === null ? [`All: ${perDay(sumOf([...counts.keys()], counts))}`] : []),
    ...parts.map((series) => {
      const name = series.type ?? series.words;
      return `${name}: ${perDay(sumOf(series.types, counts))}`;
    }),
    ...(average === null ? [] : [`${data.window}-day average: ${formatMean(average)}`]),
  ].join('\n');
}

document.addEventListener('pointermove', point);
document.addEventListener('pointerdown', point);
function point({ target, clientX }) {
  const plot = target instanceof Element ? target.closest('figure .plot') : null;
  tip.hidden = band.hidden = plot === null;
  if (plot === null) return;
  const { periods } = findView();
  const frame = figure.getBoundingClientRect();
  const box = plot.querySelector('svg').getBoundingClientRect();
  const width = box.width / periods.length;
  const bar = Math.min(Math.max(0, Math.floor((clientX - box.left) / width)), periods.length - 1);
  const left = box.left - frame.left + bar * width;
  tip.textContent = describe(periods[bar]);
  const after = left + width + 8;
  const fits = after + tip.offsetWidth <= frame.width;
  tip.style.left = `${fits ? after : Math.max(0, left - tip.offsetWidth - 8)}px`;
  band.style.left = `${left}px`;
  band.style.width = `${width}px`;
  band.style.top = `${box.top - frame.top}px`;
  band.style.height = `${box.height}px`;
}
tip.hidden = band.hidden = true;
