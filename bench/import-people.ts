/** Returns one user of the file, about 250 bytes as JSON, in plain letters, different for each index. */
export function personOf(index: number) {
  const number = String(index).padStart(7, '0');
  return {
    email: `person.${number}@customers.example.com`,
    email_verified: true,
    given_name: `Given${number}`,
    family_name: `Family${number}`,
    name: `Given${number} Family${number}`,
    app_metadata: { plan: 'team', region: 'eu', seat: index },
    user_metadata: { language: 'en', newsletter: index % 2 === 0 },
  };
}

const ROWS_PER_CHUNK = 500;

/** Yields a JSON array of `count` users piece by piece, never whole in memory. */
export function* peopleFile(count: number): Generator<Buffer> {
  let text = '[';
  for (let index = 0; index < count; index++) {
    text += (index === 0 ? '\n' : ',\n') + JSON.stringify(personOf(index));
    if (index % ROWS_PER_CHUNK === ROWS_PER_CHUNK - 1) {
      yield Buffer.from(text);
      text = '';
    }
  }
  yield Buffer.from(`${text}\n]\n`);
}
