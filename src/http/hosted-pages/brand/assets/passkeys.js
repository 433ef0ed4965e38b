// Asks the browser for passkeys and security keys. Without this file the buttons stay hidden, and everything else works.
// A button with data-passkey="get" or "create" asks the server for options, the browser for a credential, and sends its form.

const fromBase64url = (text) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
const toBase64url = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

const withBytes = (list = []) => list.map((one) => ({ ...one, id: fromBase64url(one.id) }));

function readOptions(options) {
  const challenge = fromBase64url(options.challenge);
  if (options.user === undefined) {
    return { ...options, challenge, allowCredentials: withBytes(options.allowCredentials) };
  }
  const user = { ...options.user, id: fromBase64url(options.user.id) };
  return { ...options, challenge, user, excludeCredentials: withBytes(options.excludeCredentials) };
}

function toJson({ id, type, authenticatorAttachment, response }) {
  const values = {};
  for (const name of [
    'clientDataJSON',
    'attestationObject',
    'authenticatorData',
    'signature',
    'userHandle',
  ]) {
    if (response[name]) values[name] = toBase64url(response[name]);
  }
  if (response.getTransports) values.transports = response.getTransports();
  return JSON.stringify({ id, rawId: id, type, authenticatorAttachment, response: values });
}

/** A refusal of the server, with its text for people. */
class Refused extends Error {}

async function askServer(form, signal) {
  const body = new URLSearchParams(new FormData(form));
  body.set('passkey', 'options');
  const answer = await fetch(form.action, { method: 'POST', body, signal });
  const { options, problem } = await answer.json();
  if (problem) throw new Refused(problem);
  return options;
}

function send(form, credential) {
  for (const [name, value] of [
    ['credential', toJson(credential)],
    ['passkey', 'answer'],
  ]) {
    const input = document.createElement('input');
    Object.assign(input, { type: 'hidden', name, value });
    form.append(input);
  }
  form.submit();
}

function textFor(error, { dataset }) {
  if (error instanceof Refused) return error.message;
  if (error.name === 'NotAllowedError' || error.name === 'AbortError') return dataset.cancelled;
  return error.name === 'InvalidStateError' ? dataset.known : dataset.failed;
}

/** Takes along what was typed into the fields of an invitation. Returns false if something is missing. */
function takesFields(form) {
  for (const field of document.querySelectorAll('[name^="field-"]')) {
    if (field.form === form) continue;
    if (!field.reportValidity()) return false;
    const { name } = field;
    const value = field.type === 'checkbox' && !field.checked ? '' : field.value;
    const known = form.querySelector(`input[name="${name}"]`);
    if (known) known.value = value;
    else {
      const input = document.createElement('input');
      form.append(Object.assign(input, { type: 'hidden', name, value }));
    }
  }
  return true;
}

/** What waits for a choice from the list of a field, and must end before a prompt. */
let waiting = null;

async function press(button) {
  if (button.getAttribute('aria-busy') === 'true') return;
  const { form } = button;
  const status = button.parentElement.querySelector('[data-passkey-status]');
  const isNew = button.dataset.passkey === 'create';
  const name = isNew ? form.querySelector('[data-passkey-name]') : null;
  if (name !== null && !name.reportValidity()) return;
  if (!takesFields(form)) return;
  button.setAttribute('aria-busy', 'true');
  if (status) status.textContent = '';
  waiting?.abort();
  try {
    const publicKey = readOptions(await askServer(form));
    const { credentials } = navigator;
    const credential = await (isNew
      ? credentials.create({ publicKey })
      : credentials.get({ publicKey }));
    send(form, credential);
  } catch (error) {
    button.removeAttribute('aria-busy');
    if (status) status.textContent = textFor(error, button);
    if (button.dataset.autofill !== undefined) fillIn(button);
  }
}

const RENEWED_AFTER_MS = 240_000;

/** Offers passkeys in the list of the field for the name. The challenge is renewed before it expires. */
async function fillIn({ form }) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  while (document.visibilityState !== 'hidden') {
    const controller = new AbortController();
    waiting = controller;
    const { signal } = controller;
    const renewal = setTimeout(() => controller.abort('renew'), RENEWED_AFTER_MS);
    try {
      const publicKey = readOptions(await askServer(form, signal));
      const request = { publicKey, signal, mediation: 'conditional' };
      return send(form, await navigator.credentials.get(request));
    } catch {
      if (signal.reason !== 'renew') return;
    } finally {
      clearTimeout(renewal);
    }
  }
}

if (window.PublicKeyCredential) {
  // The server offers a passkey only to a browser that can make one.
  const { passkeyCookie } = document.querySelector('[data-passkey-cookie]')?.dataset ?? {};
  if (passkeyCookie) {
    const secure = location.protocol === 'https:' ? '; secure' : '';
    // biome-ignore lint/suspicious/noDocumentCookie: browsers without the newer interface exist
    document.cookie = `${passkeyCookie}=yes; path=/; samesite=lax${secure}`;
  }
  for (const button of document.querySelectorAll('button[data-passkey]')) {
    button.hidden = button.dataset.passkeyHidden !== undefined;
    button.addEventListener('click', () => press(button));
    if (button.dataset.autofill !== undefined) fillIn(button);
  }
  for (const element of document.querySelectorAll('[data-passkey-shown]')) element.hidden = false;
}
