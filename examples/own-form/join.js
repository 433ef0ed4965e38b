import { createInvitationFlow, loginAddress } from '/invitation-flow.js';

const setting = (name) => document.querySelector(`meta[name="${name}"]`).content;
const element = (id) => document.getElementById(id);

const flow = createInvitationFlow({
  baseUrl: setting('issuer'),
  clientId: setting('client-id'),
  // The link from the mail ends with #ticket=…, which browsers send to nobody.
  link: location.href,
  // A person who closes the tab to look for a code comes back to the same step.
  storage: localStorage,
  language: document.documentElement.lang,
});

/** What the page asks for at each state. `send` returns the result of one step. */
const SCREENS = {
  profile: ({ fields, entered }) => ({
    title: 'Who are you?',
    fields: Object.entries(fields.properties).map(([name, schema]) => ({
      name,
      label: schema.title ?? name,
      type: TYPES[schema.type],
      options: schema.enum,
      value: entered.profile[name] ?? '',
    })),
    send: (typed) => flow.profile(valuesOf(fields.properties, typed)),
  }),
  credential: (state) => ({ ...passwordScreen(state.next), ways: waysOf(state) }),
  factor: ({ entered, next }) => (next.includes('phone') ? phoneScreen(entered) : totpScreen()),
  phone_code: ({ entered }) => ({
    title: 'Enter the code',
    lead: `We have sent a code to ${entered.phone_number}.`,
    fields: [{ name: 'code', label: 'Code', complete: 'one-time-code' }],
    send: ({ code }) => flow.verifyPhone(code),
    other: { label: 'Use another number', show: () => show(phoneScreen(entered)) },
  }),
  totp_code: ({ totp }) => ({
    title: 'Enter the code',
    lead: totp
      ? `Add this key to your authenticator application: ${totp.secret}`
      : 'Enter the code of your authenticator application.',
    fields: [{ name: 'code', label: 'Code', complete: 'one-time-code' }],
    send: ({ code }) => flow.verifyTotp(code),
  }),
  ready: ({ invitation }) => ({
    title: 'That is all',
    lead: `Continue to finish your account for ${invitation.email}.`,
    fields: [],
    send: () => flow.complete(),
  }),
  under_way: () => ({
    title: 'You have started elsewhere',
    fields: [],
    submit: 'Continue here',
    send: () => flow.start({ takeOver: true }),
  }),
};

/** The inputs for the types of a schema. Others are texts. */
const TYPES = { boolean: 'checkbox', integer: 'number', number: 'number' };

/** Turns what a form has into what the schema says. An empty box is no answer. */
function valuesOf(properties, typed) {
  const values = Object.entries(typed).map(([name, value]) => {
    const input = TYPES[properties[name]?.type];
    return [
      name,
      input === 'checkbox' ? true : input === 'number' && value ? Number(value) : value,
    ];
  });
  return Object.fromEntries(values);
}

function passwordScreen(next) {
  if (next.includes('existing'))
    return {
      title: 'Log in to accept',
      lead: 'You have an account with this address.',
      fields: [{ name: 'password', label: 'Password', type: 'password' }],
      send: ({ password }) => flow.existing(password),
    };
  if (next.includes('password'))
    return {
      title: 'Choose a password',
      fields: [
        { name: 'password', label: 'New password', type: 'password', complete: 'new-password' },
      ],
      send: ({ password }) => flow.password(password),
    };
  return { title: 'Log in to accept', fields: [] };
}

/** The buttons for the ways to log in besides a password. */
function waysOf({ next, connections = [], invitation }) {
  const offered = [
    ['existing/passkey', 'Log in with a passkey', () => flow.existingPasskey()],
    ['passkey', 'Create a passkey', () => flow.passkey()],
    ['code', 'Send me a code by email', () => mailCode(invitation.email)],
  ];
  return [
    ...offered
      .filter(([step]) => next.includes(step))
      .map(([, label, press]) => ({ label, press })),
    ...connections.map(({ name, display_name }) => ({
      label: `Continue with ${display_name ?? name}`,
      press: () => leaveFor(name),
    })),
  ];
}

async function mailCode(email) {
  const result = await flow.code();
  return result.ok ? { screen: mailedCodeScreen(email) } : result;
}

function mailedCodeScreen(email) {
  return {
    title: 'Enter the code',
    lead: `We have sent a code to ${email}.`,
    fields: [{ name: 'code', label: 'Code', complete: 'one-time-code' }],
    async send({ code }) {
      const result = await flow.verifyCode(code);
      return result.ok ? result : { ...result, screen: mailedCodeScreen(email) };
    },
    other: { label: 'Choose another way', show: async () => next(await flow.refresh()) },
  };
}

/** Leaves for an identity provider. The browser comes back to this page, where `flow.start` goes on. */
async function leaveFor(name) {
  const result = await flow.connection(name);
  if (result.ok) location.assign(result.state.redirect_to);
  return result.ok ? null : result;
}

function phoneScreen({ phone_number }) {
  return {
    title: 'Your phone',
    lead: 'It protects your account: we send a code to it.',
    fields: [
      {
        name: 'phone',
        label: 'Phone number',
        type: 'tel',
        complete: 'tel',
        value: phone_number ?? '',
      },
    ],
    send: ({ phone }) => flow.phone(phone),
  };
}

function totpScreen() {
  return {
    title: 'Your authenticator application',
    fields: [],
    send: () => flow.totp(),
  };
}

function show(
  { title, lead = '', fields, submit = 'Continue', send, other, ways = [] },
  problem,
  typed = {},
) {
  element('title').textContent = title;
  element('lead').textContent = lead;
  element('fields').replaceChildren(
    ...fields.flatMap((field) =>
      rowFor({ ...field, value: typed[field.name] ?? field.value }, problem),
    ),
  );
  element('submit').textContent = submit;
  element('submit').hidden = send === undefined;
  element('ways').replaceChildren(
    ...ways.map(({ label, press }) => {
      const button = Object.assign(document.createElement('button'), { type: 'button' });
      button.className = 'button quiet';
      button.textContent = label;
      button.onclick = async () => {
        button.disabled = true;
        const result = await press();
        if (result) next(result);
      };
      return button;
    }),
  );
  element('form').hidden = false;
  element('other').hidden = other === undefined;
  element('other').textContent = other?.label ?? '';
  element('other').onclick = other?.show ?? null;
  element('problem').hidden = problem === undefined;
  element('problem').textContent = problem?.message ?? '';
  // Who uses a keyboard or a screen reader goes on at the new step, or at the field that is wrong.
  const wrong =
    document.querySelector('[aria-invalid]') ??
    (problem && document.querySelector('#fields input'));
  (wrong ?? element('title')).focus();
  element('form').onsubmit = async (event) => {
    event.preventDefault();
    const typed = Object.fromEntries(new FormData(event.target));
    element('submit').disabled = true;
    next(await send(typed), typed);
    element('submit').disabled = false;
  };
}

function rowFor({ name, label, type = 'text', options, value = '', complete = 'on' }, problem) {
  const row = document.createElement('label');
  const input = document.createElement(options ? 'select' : 'input');
  if (options) input.append(...options.map((option) => new Option(option)));
  else Object.assign(input, { type, autocomplete: complete });
  if (type === 'checkbox') Object.assign(input, { name, checked: Boolean(value) });
  else Object.assign(input, { name, value });
  row.append(...(type === 'checkbox' ? [input, label] : [label, input]));
  const wrong = problem?.fields?.find(({ field }) => field === name);
  if (!wrong) return [row];
  const message = Object.assign(document.createElement('p'), {
    id: `${name}-problem`,
    className: 'problem',
  });
  message.textContent = wrong.message;
  input.setAttribute('aria-describedby', message.id);
  input.setAttribute('aria-invalid', 'true');
  return [row, message];
}

/** Shows what the flow waits for, or why it has ended. */
function next(result, typed) {
  const { state } = result;
  if (result.ok && state.state === 'done') return location.assign(loginAddress('/login', state));
  const screen = result.screen ?? (state && SCREENS[state.state]?.(state));
  if (screen) {
    show(screen, result.problem, typed);
    element('elsewhere').hidden = result.problem?.code !== 'passkey_not_here';
    return;
  }
  element('title').textContent = 'This does not work';
  element('form').hidden = true;
  element('problem').hidden = false;
  element('problem').textContent = result.problem?.message ?? '';
}

// Where browsers use no passkeys of the server, the page of the invitation on the server does.
element('elsewhere').querySelector('a').href =
  `${setting('issuer')}/u/invitation${location.hash.replace('#', '?')}`;

next(await flow.start());
