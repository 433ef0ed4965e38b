// Every page works without this file. It shows a typed password, lists the missing rules while a user types, and reads the
// part of the link after the #. It inserts texts from a link only as text, never as HTML.

const CHARACTERS = {
  lowerCase: /[\p{Ll}\p{Lo}]/u,
  upperCase: /[\p{Lu}\p{Lt}]/u,
  numbers: /\p{Nd}/u,
  specialCharacters: /[\p{P}\p{S}\p{Z}]/u,
};

/** Returns whether a password meets a rule. The server checks it again. */
function meets(code, value, password, items) {
  const met = items.filter((item) => CHARACTERS[item].test(password)).length;
  if (password === '') return false;
  if (code === 'nonEmpty') return true;
  if (code === 'lengthAtLeast') return [...password].length >= value;
  if (code === 'shouldContain') return met === items.length;
  if (code === 'containsAtLeast') return met >= value;
  if (code === 'identicalChars') return longestRun(password) <= value;
  if (code === 'sequentialChars') return longestSequence(password) <= value;
  return CHARACTERS[code]?.test(password) ?? true;
}

function longestRun(password) {
  let run = 0;
  let longest = 0;
  let previous = '';
  for (const character of password) {
    run = character === previous ? run + 1 : 1;
    longest = Math.max(longest, run);
    previous = character;
  }
  return longest;
}

function longestSequence(password) {
  let longest = 0;
  let run = 0;
  let direction = 0;
  let previous = '';
  for (const character of password.toLowerCase()) {
    const bothKnown = /^[\p{L}\p{Nd}]{2}$/u.test(previous + character);
    const step = bothKnown ? character.codePointAt(0) - previous.codePointAt(0) : 0;
    if (Math.abs(step) !== 1) run = 1;
    else run = step === direction ? run + 1 : 2;
    direction = step;
    longest = Math.max(longest, run);
    previous = character;
  }
  return longest;
}

const KEYS =
  '1234567890 qwertyuiop qwertzuiop azertyuiop asdfghjkl; qsdfghjklm zxcvbnm,./ yxcvbnm,.- wxcvbn,;:';
const KEYS_BACK = [...KEYS].reverse().join('');

function isOnOneRow(characters) {
  const typed = characters.join('').toLowerCase();
  return KEYS.includes(typed) || KEYS_BACK.includes(typed);
}

/** Returns 0 to 4, by the number of guesses without a dictionary. Repeated and consecutive characters count little. */
function strengthOf(password) {
  const characters = [...password];
  const [, repeated = password] = /^(.+?)\1+$/su.exec(password) ?? [];
  const counting = [...repeated];
  let counted = 0;
  for (let i = 0; i < counting.length; i++) {
    const step = i === 0 ? 9 : counting[i].codePointAt(0) - counting[i - 1].codePointAt(0);
    if (i > 1 && isOnOneRow(counting.slice(i - 2, i + 1))) counted += 0.1;
    else counted += Math.abs(step) <= 1 ? 0.3 : 1;
  }
  const pool =
    (CHARACTERS.lowerCase.test(password) ? 26 : 0) +
    (CHARACTERS.upperCase.test(password) ? 26 : 0) +
    (CHARACTERS.numbers.test(password) ? 10 : 0) +
    (CHARACTERS.specialCharacters.test(password) ? 33 : 0) +
    (/[^ -~]/.test(password) ? 60 : 0);
  const bits = counted * Math.log2(Math.max(2, pool));
  const level = [28, 40, 55, 72].filter((needed) => bits >= needed).length;
  // One word with digits or signs around it, such as Password1: a dictionary has it.
  const isDecoratedWord = /^\P{L}*[\p{L}@$013457]{1,14}\P{L}*$/u.test(password);
  return isDecoratedWord && characters.length < 20 ? Math.min(level, 1) : level;
}

function watchPassword(input) {
  const rules = document.querySelector('[data-rules]');
  const strength = document.querySelector('[data-strength]');
  const status = document.querySelector('[data-rules-status]');
  if (!rules || !strength || !status) return;
  const entries = [...rules.querySelectorAll('li[data-code]')];
  let announcement;

  const update = (final) => {
    const password = input.value;
    let open = 0;
    for (const entry of entries) {
      const items = [...entry.querySelectorAll('li[data-code]')].map((item) => item.dataset.code);
      const met = meets(entry.dataset.code, Number(entry.dataset.value), password, items);
      const isPart = entry.parentElement.closest('li') !== null;
      entry.classList.toggle('met', met);
      entry.classList.toggle('missing', final && !met && !isPart && password !== '');
      entry.querySelector('[data-state]').textContent =
        password === '' ? '' : ` (${met ? rules.dataset.met : rules.dataset.open})`;
      if (!met && !isPart) open++;
    }
    const level = strengthOf(password);
    strength.hidden = password === '';
    strength.dataset.level = String(level);
    strength.querySelector('[data-strength-word]').textContent =
      strength.dataset.words.split('|')[level];
    // Waits for a pause, so that a screen reader is not interrupted at every key.
    clearTimeout(announcement);
    announcement = setTimeout(() => {
      if (password === '') status.textContent = '';
      else
        status.textContent =
          open === 0 ? status.dataset.all : status.dataset.some.replace('{n}', String(open));
    }, 900);
  };
  input.addEventListener('input', () => update(false));
  input.addEventListener('change', () => update(true));
}

function offerReveal(button) {
  const input = document.getElementById(button.dataset.reveal);
  if (!input) return;
  const show = (visible) => {
    input.type = visible ? 'text' : 'password';
    button.textContent = visible ? button.dataset.hide : button.dataset.show;
    button.setAttribute(
      'aria-label',
      visible ? button.dataset.hideLabel : button.dataset.showLabel,
    );
  };
  button.hidden = false;
  button.addEventListener('click', () => {
    show(input.type === 'password');
    input.focus();
  });
  // The browser must not keep a visible password as ordinary text.
  input.form?.addEventListener('submit', () => show(false));
}

/** Reads `#type=invite` and `#app=NAME`, also together: `#type=invite&app=NAME` or `#type=invite#app=NAME`. */
function readFragment() {
  const parameters = new URLSearchParams(location.hash.replaceAll('#', '&'));
  const type = parameters.get('type');
  const app = parameters.get('app')?.trim().slice(0, 80) || null;
  if (type === null && app === null) return;
  for (const form of document.querySelectorAll('form[data-keep-fragment]')) {
    form.setAttribute('action', form.getAttribute('action') + location.hash);
  }
  for (const element of document.querySelectorAll('[data-variants]')) {
    const { chosen, texts, app: known } = JSON.parse(element.dataset.variants);
    const name = app ?? known;
    const wanted = type === null ? chosen : type === 'invite' ? 'invite' : 'reset';
    const text = (name && texts[`${wanted}App`]) || texts[wanted];
    if (text) element.textContent = text.replace('{app}', () => name ?? '');
  }
  const brand = document.querySelector('[data-app-name]');
  if (brand && app !== null) {
    brand.textContent = app;
    brand.hidden = false;
    const heading = document.querySelector('h1');
    document.title = heading ? `${heading.textContent} · ${app}` : app;
  }
}

function localTimes() {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, {
    dateStyle: 'long',
    timeStyle: 'short',
  });
  for (const time of document.querySelectorAll('time[data-local]')) {
    time.textContent = format.format(new Date(time.dateTime));
  }
}

/** Ignores a second press while the first one is sent. Otherwise the page would say that the link was used. */
function sendOnce(form) {
  form.addEventListener('submit', (event) => {
    const button = form.querySelector('button[type=submit]');
    if (button.getAttribute('aria-busy') === 'true') event.preventDefault();
    else button.setAttribute('aria-busy', 'true');
  });
  addEventListener('pageshow', () => {
    form.querySelector('button[type=submit]')?.removeAttribute('aria-busy');
  });
}

/** Removes a picture that does not load, so that it leaves no gap. */
function dropIfBroken(picture) {
  picture.decode().catch(() => picture.remove());
}

/** Filters a list of groups: shows the groups whose title or choices contain the words. */
function offerFilter(box) {
  const list = document.getElementById(box.dataset.filter);
  const input = box.querySelector('input');
  const status = box.querySelector('[data-filter-status]');
  if (!list || !input || !status) return;
  const rows = [...list.querySelectorAll('details')].filter((one) => !one.querySelector('details'));
  const groups = [...list.querySelectorAll('details')].filter((one) => !rows.includes(one));
  const wereOpen = new Map();
  box.hidden = false;
  input.addEventListener('input', () => {
    const words = input.value
      .toLowerCase()
      .split(/[\s:_]+/)
      .filter(Boolean);
    const isSearching = words.length > 0;
    let found = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) found++;
    }
    for (const group of groups) {
      if (isSearching && !wereOpen.has(group)) wereOpen.set(group, group.open);
      group.hidden = ![...group.querySelectorAll('details')].some((row) => !row.hidden);
      if (isSearching) group.open = true;
      else if (wereOpen.has(group)) group.open = wereOpen.get(group);
    }
    if (!isSearching) wereOpen.clear();
    status.textContent = isSearching ? `${found} found` : '';
  });
  // Enter in the search field must not send the form.
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') event.preventDefault();
  });
}

for (const picture of document.querySelectorAll('.brand-logo')) dropIfBroken(picture);
for (const box of document.querySelectorAll('[data-filter]')) offerFilter(box);
for (const input of document.querySelectorAll('[data-new-password]')) watchPassword(input);
for (const button of document.querySelectorAll('[data-reveal]')) offerReveal(button);
for (const form of document.querySelectorAll('form[method=post]')) sendOnce(form);
readFragment();
localTimes();
