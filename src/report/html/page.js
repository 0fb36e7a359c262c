// Sorting and filtering of the table of days. Without this script the page shows all of it, the newest day first.
const table = document.getElementById('days');
const body = table.tBodies[0];
const rows = [...body.rows];
const headers = [...table.tHead.rows[0].cells];
const { types, averages, averagesByType } = JSON.parse(
  document.getElementById('averages').textContent,
);
const AVERAGE = 2;
const FIRST_TYPE = 3;

const format = (number) => number.toLocaleString('en');

function read(row, column) {
  const text = row.cells[column].dataset.day ?? row.cells[column].textContent;
  if (column === 0) return text;
  const number = Number(text.replaceAll(',', ''));
  return Number.isNaN(number) ? null : number;
}

function sort(column, direction) {
  const sign = direction === 'ascending' ? 1 : -1;
  const keyed = rows.map((row) => ({ row, key: read(row, column) }));
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

const sheet = document.styleSheets[0];
const select = document.getElementById('type');
const status = document.getElementById('status');
let rule;

function filter(type) {
  if (rule !== undefined) sheet.deleteRule(rule);
  rule = undefined;
  const only = type === '' ? undefined : Number(type);
  if (only !== undefined) {
    // One rule, not a change to each of perhaps a hundred thousand cells. CSS counts columns from 1.
    const shown = `:not(:first-child, :nth-child(${AVERAGE + 1}), :nth-child(${FIRST_TYPE + only + 1}))`;
    rule = sheet.insertRule(`#days :is(th, td)${shown} { display: none }`, sheet.cssRules.length);
  }
  let count = 0;
  for (const [index, row] of rows.entries()) {
    row.hidden = only !== undefined && read(row, FIRST_TYPE + only) === 0;
    if (!row.hidden) count += 1;
    row.cells[AVERAGE].textContent = (averagesByType[only] ?? averages)[index];
  }
  status.textContent =
    only === undefined ? '' : `${format(count)} of ${format(rows.length)} days have ${types[only]}`;
  const sorted = headers.findIndex((header) => header.hasAttribute('aria-sort'));
  const direction = headers[sorted].getAttribute('aria-sort');
  // A column that is gone no longer says what the rows are sorted by.
  if (getComputedStyle(headers[sorted]).display === 'none') sort(0, 'descending');
  else sort(sorted, direction);
}

select.addEventListener('change', () => filter(select.value));
document.getElementById('filter').hidden = false;
// A browser that goes back to the page fills in what was chosen.
if (select.value !== '') filter(select.value);

// What a bar holds, where the pointer is. Without this script browsers show the same, after a while and to mice alone.
const figure = document.querySelector('figure');
const tip = document.createElement('div');
tip.id = 'tip';
tip.hidden = true;
// The table has the same for those who cannot point.
tip.setAttribute('aria-hidden', 'true');
figure.append(tip);
const texts = new Map();
for (const title of figure.querySelectorAll('.hit > title')) {
  texts.set(title.parentElement, title.textContent);
  title.remove();
}

document.addEventListener('pointerover', ({ target }) => {
  tip.hidden = !texts.has(target);
  if (tip.hidden) return;
  tip.textContent = texts.get(target);
  const frame = figure.getBoundingClientRect();
  const bar = target.getBoundingClientRect();
  const after = bar.right - frame.left + 8;
  const fits = after + tip.offsetWidth <= frame.width;
  tip.style.left = `${fits ? after : Math.max(0, bar.left - frame.left - tip.offsetWidth - 8)}px`;
});
