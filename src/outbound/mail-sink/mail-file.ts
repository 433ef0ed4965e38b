import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFolder, restrictToOwner } from '../../platform/data-folder/data-folder.ts';

/** A mail in the list. */
export type SunkMail = {
  id: number;
  /** ISO 8601. */
  receivedAt: string;
  from: string;
  to: string[];
  subject: string;
};

type Indexed = SunkMail & { file: FileHandle; offset: number; length: number };

export type MailFile = {
  append(mail: Omit<SunkMail, 'id'>, raw: Buffer): Promise<void>;
  /** Newest first. */
  entries(): SunkMail[];
  read(id: number): Promise<{ entry: SunkMail; raw: Buffer } | null>;
  close(): Promise<void>;
};

// The mails contain links that open accounts.
const FOR_OWNER = 0o600;

/**
 * Opens a file to which mails are appended: `<length of head> <length of mail>\n`, the head as JSON, the mail. A full file becomes the
 * older of two files, and the previous older file is deleted.
 * @param maxBytes size in bytes at which a new file begins
 * @throws StartProblem if another server uses the folder
 */
export async function openMailFile(folder: string, maxBytes: number): Promise<MailFile> {
  const taken = await lockFolder(folder);
  await restrictToOwner(folder);
  const path = { current: join(folder, 'mails'), older: join(folder, 'mails.old') };
  let index: Indexed[] = [];
  let older: FileHandle | null = await open(path.older, 'r').catch(() => null);
  let current = await open(path.current, 'a+', FOR_OWNER);
  if (older) index.push(...(await readIndex(older)).entries);
  const known = await readIndex(current);
  index.push(...known.entries);
  let size = known.end;
  // A crash during a write leaves an incomplete mail at the end.
  await current.truncate(size);
  let nextId = (index.at(-1)?.id ?? 0) + 1;

  let pending: { entry: SunkMail; head: Buffer; raw: Buffer; done: PromiseWithResolvers<void> }[] =
    [];
  let writing: Promise<void> | null = null;

  async function rotate(): Promise<void> {
    const gone = older;
    index = index.filter((indexed) => indexed.file !== gone);
    await gone?.close();
    await rm(path.older, { force: true });
    await rename(path.current, path.older);
    older = current;
    current = await open(path.current, 'a+', FOR_OWNER);
    size = 0;
  }

  async function writeAll(): Promise<void> {
    while (pending.length > 0) {
      const batch = pending;
      pending = [];
      try {
        if (size >= maxBytes) await rotate();
        await current.appendFile(Buffer.concat(batch.flatMap((each) => [each.head, each.raw])));
        for (const { entry, head, raw, done } of batch) {
          const offset = size + head.length;
          index.push({ ...entry, file: current, offset, length: raw.length });
          size = offset + raw.length;
          done.resolve();
        }
      } catch (error) {
        for (const each of batch) each.done.reject(error);
      }
    }
    writing = null;
  }

  return {
    async append(mail, raw) {
      const entry: SunkMail = { id: nextId++, ...mail };
      const json = Buffer.from(JSON.stringify(entry));
      const head = Buffer.concat([Buffer.from(`${json.length} ${raw.length}\n`), json]);
      const done = Promise.withResolvers<void>();
      pending.push({ entry, head, raw, done });
      writing ??= writeAll();
      await done.promise;
    },
    entries: () => index.toReversed(),
    async read(id) {
      const found = index.find((indexed) => indexed.id === id);
      if (!found) return null;
      const raw = Buffer.alloc(found.length);
      await found.file.read(raw, 0, found.length, found.offset);
      return { entry: found, raw };
    },
    async close() {
      await writing;
      await current.close();
      await older?.close();
      taken.release();
    },
  };
}

const LONGEST_HEAD = 64;

/** Reads the heads and skips the mails. */
async function readIndex(file: FileHandle): Promise<{ entries: Indexed[]; end: number }> {
  const { size } = await file.stat();
  const entries: Indexed[] = [];
  let at = 0;
  while (at < size) {
    const start = Buffer.alloc(LONGEST_HEAD);
    await file.read(start, 0, LONGEST_HEAD, at);
    const lengths = /^(\d{1,9}) (\d{1,10})\n/.exec(start.toString('latin1'));
    if (!lengths) break;
    const [head, raw] = [Number(lengths[1]), Number(lengths[2])];
    const offset = at + lengths[0].length + head;
    if (offset + raw > size) break;
    const json = Buffer.alloc(head);
    await file.read(json, 0, head, at + lengths[0].length);
    const entry: SunkMail = JSON.parse(json.toString('utf8'));
    entries.push({ ...entry, file, offset, length: raw });
    at = offset + raw;
  }
  return { entries, end: at };
}
