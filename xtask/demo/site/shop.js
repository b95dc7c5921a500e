// The shop in the browser: catalogue, cart (kept in localStorage), newsletter.
const books = [
  { id: 'sea-atlas', title: 'The Sea Atlas', cents: 2450 },
  { id: 'knots', title: 'Forty Knots', cents: 1200 },
  { id: 'lighthouses', title: 'Lighthouses of the North', cents: 3100 },
  { id: 'tides', title: 'A Year of Tides', cents: 1850 },
];

const find = (id) => document.getElementById(id);
const euros = (cents) => `€ ${(cents / 100).toFixed(2)}`;
const cart = () => JSON.parse(localStorage.getItem('cart') ?? '{}');

function keep(lines) {
  localStorage.setItem('cart', JSON.stringify(lines));
  show();
}

function add(id) {
  const lines = cart();
  lines[id] = (lines[id] ?? 0) + 1;
  keep(lines);
}

function total(lines) {
  let sum = 0;
  for (const id of Object.keys(lines)) {
    sum += books.find((book) => book.id === id).cents;
  }
  return sum;
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function showBooks() {
  const wanted = find('search').value.toLowerCase();
  const shown = books.filter((book) => book.title.toLowerCase().includes(wanted));
  find('books').replaceChildren(
    ...shown.map((book) => {
      const button = element('button', { textContent: 'Add to cart', onclick: () => add(book.id) });
      button.dataset.testid = `add-${book.id}`;
      const heading = element('h2', { textContent: book.title });
      return element('article', {}, heading, element('p', { textContent: euros(book.cents) }), button);
    }),
  );
}

function showCart() {
  const lines = cart();
  find('lines').replaceChildren(
    ...Object.entries(lines).map(([id, copies]) => {
      const book = books.find((candidate) => candidate.id === id);
      const cells = [book.title, copies, euros(book.cents)];
      return element('tr', {}, ...cells.map((text) => element('td', { textContent: text })));
    }),
  );
  find('total').textContent = euros(total(lines));
}

function show() {
  const copies = Object.values(cart()).reduce((sum, count) => sum + count, 0);
  find('cart-count').textContent = copies;
  if (find('books')) showBooks();
  if (find('lines')) showCart();
}

find('search')?.addEventListener('input', showBooks);
find('empty')?.addEventListener('click', () => keep({}));
find('subscribe').addEventListener('submit', (event) => {
  event.preventDefault();
  find('subscribe-result').textContent = `Thank you. We write to ${find('subscribe-email').value}.`;
});
if (find('greeting')) {
  fetch('/api/me')
    .then((reply) => reply.json())
    .then(({ name }) => (find('greeting').textContent = `Hello, ${name}`));
}
show();
