import { join } from 'node:path';
import type { Config } from './config/config.ts';
import {
  appointAdministrator,
  dismissAdministrator,
  inviteFirstAdministrator,
  keepConsole,
  type OpenLink,
} from './flows/appoint-administrators/appoint-administrators.ts';
import { createSender } from './flows/choose-mail-sender/choose-mail-sender.ts';
import { createSmsSender } from './flows/choose-sms-sender/choose-sms-sender.ts';
import { ensureDefaults, tidyIdentifiers } from './flows/ensure-defaults/ensure-defaults.ts';
import { createRequestLimiter } from './flows/limit-requests/limit-requests.ts';
import { registerAuthentication } from './http/authentication/authentication.ts';
import { registerConsole } from './http/console/console.ts';
import { registerDevMailbox } from './http/dev-mailbox/dev-mailbox.ts';
import { createSharedPages, registerHostedPages } from './http/hosted-pages/hosted-pages.ts';
import { registerInvitationFlow } from './http/invitation-flow/invitation-flow.ts';
import {
  createUserRendering,
  registerManagementApi,
} from './http/management-api/management-api.ts';
import { registerStartPage } from './http/start-page/start-page.ts';
import { createDns } from './outbound/dns/dns.ts';
import { startMailSink } from './outbound/mail-sink/mail-sink.ts';
import { createScriptRunner } from './outbound/scripts/scripts.ts';
import { createSocial } from './outbound/social/social.ts';
import { createPictures } from './platform/avatar/avatar.ts';
import { systemClock } from './platform/clock/clock.ts';
import { hasSecureCookies } from './platform/cookie-name/cookie-name.ts';
import { deriveKeys } from './platform/crypto/crypto.ts';
import { keepSecret } from './platform/data-folder/data-folder.ts';
import { openDatabase } from './platform/db/db.ts';
import { createEgress } from './platform/egress/egress.ts';
import { createHttpServer, listenAt, noteOrigin, type RequestTimes } from './platform/http/http.ts';
import { createLog } from './platform/log/log.ts';
import { createTasks, type Registration } from './platform/tasks/tasks.ts';
import { listAdministrators } from './records/administrators/administrators.ts';
import { verifiedDomain } from './records/custom-domains/custom-domains.ts';
import { createAudit } from './records/logs/logs.ts';
import { createScriptLog } from './records/script-runs/script-runs.ts';
import { publicKeys } from './records/signing-keys/signing-keys.ts';
import { createDirectories, openDirectory } from './steps/ask-directory/ask-directory.ts';
import { createActions } from './steps/run-actions/run-actions.ts';
import { startSweeps, workerHandlers } from './worker/worker.ts';

export type App = Awaited<ReturnType<typeof createApp>>;

type Routed = { method: string; routeOptions: { url?: string | undefined } };

/** Returns whether operators can change applications, APIs and settings with this request, whatever its answer. */
function changesSomething({ method, routeOptions: { url = '' } }: Routed): boolean {
  // Checks the route, because a URL can be written in many ways.
  return !['GET', 'HEAD', 'OPTIONS'].includes(method) && /^\/(?:api\/v2|console)\b/.test(url);
}

/**
 * Builds the whole server from its configuration. This is the only place that knows every module. Nothing listens and no work is done
 * before `start`.
 * @param parts.times how long requests may take to arrive, if not the default
 */
export async function createApp(config: Config, parts: { times?: RequestTimes } = {}) {
  const log = createLog(config.logLevel, config.logFormat);
  const clock = systemClock;
  const database = await openDatabase({
    url: config.databaseUrl,
    dataDir: join(config.dataDir, 'db'),
    poolSize: config.databasePoolSize,
    listener: {
      left: () =>
        log.error(
          'the database is unreachable; the server answers requests with 503 until it is back',
        ),
      returned: (ms) => log.info({ ms }, 'the database is back'),
    },
  });
  const keys = deriveKeys(config.secret ?? (await keepSecret(config.dataDir)));
  await database.migrate();
  const { db } = database;
  const { publicUrl } = config;

  const audit = createAudit({ db, clock, log });
  const registrations: Registration[] = [];
  const works = config.role !== 'web';
  const tasks = createTasks({ database, log, registrations, work: works });
  // Without a mail server, this mailbox catches the mails for developers.
  const mailbox =
    config.smtpUrl === undefined
      ? await startMailSink({ dataDir: config.dataDir, clock })
      : undefined;
  const sender = createSender({
    db,
    key: keys.encryption,
    smtpUrl: config.smtpUrl ?? mailbox?.url ?? '',
    mailFrom: config.mailFrom,
  });
  const egress = createEgress({ allow: config.egressAllow });
  const scripts = createScriptRunner({
    egress,
    log,
    processes: config.scriptProcesses,
    memoryMb: config.scriptMemoryMb,
  });
  const scriptLog = createScriptLog({ db, clock, log });
  const actions = createActions({ db, clock, keys, log, audit, scripts });
  const smsSender = createSmsSender({
    db,
    clock,
    egress,
    actions,
    publicUrl,
    key: keys.encryption,
    webhookUrl: config.smsWebhookUrl,
    twilioUrl: config.twilioUrl,
    // Its messages open accounts. In production no developer could read them, so nothing is sent.
    mailboxUrl: config.production ? undefined : mailbox?.url,
  });
  const pictureOf = createPictures(config.defaultPictures, publicUrl);
  const deps = {
    db,
    clock,
    keys,
    log,
    audit,
    publicUrl,
    clientSecrets: config.clientSecrets,
    countryHeader: config.countryHeader,
    ticketKey: keys.ticket,
    enqueue: tasks.enqueue,
    lanes: config.importWorkers,
    mailRatePerSecond: config.mailRatePerSecond,
    logRetentionDays: config.logRetentionDays,
    userMetadataMaxBytes: config.userMetadataMaxBytes,
    sender: sender.choose,
    pictureOf,
    renderUsers: createUserRendering(pictureOf),
    smsSender: smsSender.choose,
    dns: createDns({ servers: config.dnsServers }),
    egress,
    directories: createDirectories({
      clock,
      open: (connection) =>
        openDirectory(
          { scripts, egress, clock, keys, publicUrl, note: scriptLog.note },
          connection,
        ),
    }),
    scripts,
    actions,
    social: createSocial({ clock, egress, endpoints: config.providerEndpoints }),
  };
  registrations.push(...workerHandlers(deps));

  const { trustProxy, tls, countryHeader } = config;
  const base = { log, trustProxy, tls, publicUrl, countryHeader };
  const http = await createHttpServer({ ...base, ...parts });
  const limit = createRequestLimiter(deps, config.rateLimitProfile);
  if (config.role === 'worker') {
    const answered = new Set(['/healthz', '/readyz']);
    http.addHook('onRequest', async (request, reply) => {
      if (answered.has(request.url)) return;
      return reply
        .code(404)
        .send({ error: 'This node runs background work only. Send the request to another node.' });
    });
  }
  const withoutDatabase = new Set(['/healthz', '/readyz']);
  // Fails at once while the database is unreachable: a client would wait in vain.
  http.addHook('onRequest', async (request) => {
    if (!withoutDatabase.has(request.url)) database.check();
  });
  // The management API answers the same at every name.
  http.addHook('onRequest', async (request) => {
    if (withoutDatabase.has(request.url) || request.url.startsWith('/api/')) return;
    await noteOrigin(request, publicUrl, (host) => verifiedDomain(db, host));
  });
  http.get('/healthz', async () => ({ status: 'ok' }));
  http.get('/readyz', async (_request, reply) => {
    const ready = await database.ping();
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'no database' });
  });
  // A change must be in effect before its answer is sent.
  const changes = { made: () => {} };
  http.addHook('onSend', async (request) => {
    if (changesSomething(request)) changes.made();
  });
  const api = await registerManagementApi(http, {
    ...deps,
    limit,
    production: config.production,
    publicKeys: () => publicKeys(db),
    importLanes: config.importWorkers,
    importMaxBytes: config.importMaxBytes,
    maxActiveImports: config.importMaxJobs,
  });
  const pages = createSharedPages(http, { db, log });
  const secureCookies = hasSecureCookies(publicUrl);
  const { interactions, forget } = await registerAuthentication(http, { ...deps, limit, pages });
  changes.made = forget;
  await registerInvitationFlow(http, { ...deps, limit });
  await registerHostedPages(http, { ...deps, brand: pages.brand, secureCookies, interactions });

  // Its mails open accounts: a production server shows them to nobody.
  const shownMailbox = config.production ? undefined : mailbox;
  const mailboxSecret = keys.mailbox.toString('base64url');
  if (shownMailbox) {
    await registerDevMailbox(http, { mailbox: shownMailbox, publicUrl, secret: mailboxSecret });
  }
  await registerConsole(http, {
    ...deps,
    secureCookies,
    bootstrapClientId: config.bootstrapClient?.id,
    hasMailbox: shownMailbox !== undefined,
    frame: pages.frame,
  });

  registerStartPage(http, {
    publicUrl,
    homeUrl: config.homeUrl,
    production: config.production,
    hasMailbox: shownMailbox !== undefined,
    frame: pages.frame,
    showDoorstep: pages.doorstep,
  });

  let sweeps: ReturnType<typeof startSweeps> | undefined;
  return {
    config,
    http,
    database,
    deps,
    /** Writes the waiting entries of the tenant log. */
    flushLog: audit.flush,
    /** Every route of the management API, with the scopes it requires. */
    routes: api.routes,
    /**
     * Creates what every server has, starts the work, and listens. Returns the first administrator's link until it is used; a server with a
     * bootstrap client invites nobody. Also returns the link that opens the development mailbox, if there is one.
     */
    async start(): Promise<{
      url: string;
      firstAdministrator: OpenLink | null;
      mailboxLink: string | null;
    }> {
      await tidyIdentifiers(db, log);
      await ensureDefaults(db, {
        ...deps,
        scopes: api.scopes,
        bootstrapClient: config.bootstrapClient,
        now: clock.now(),
      });
      const firstAdministrator =
        config.bootstrapClient === undefined
          ? await inviteFirstAdministrator(deps, { email: config.adminEmail })
          : null;
      await keepConsole(deps);
      await tasks.start();
      if (works) sweeps = startSweeps(deps);
      await listenAt(http, { host: config.host, port: config.port });
      const mailboxLink =
        shownMailbox && config.role !== 'worker'
          ? `${publicUrl}/dev/mailbox/${mailboxSecret}`
          : null;
      return { url: publicUrl, firstAdministrator, mailboxLink };
    },
    async stop(): Promise<void> {
      await http.close();
      await sweeps?.stop();
      await tasks.stop();
      sender.close();
      smsSender.close();
      await scripts.close();
      await scriptLog.close();
      await mailbox?.close();
      await audit.close();
      await database.close();
    },
  };
}

/** Opens the database to manage administrators without a server, for an operator with access to the machine. Migrates the database. */
export async function openAdministration(config: Config) {
  const database = await openDatabase({
    url: config.databaseUrl,
    dataDir: join(config.dataDir, 'db'),
  });
  let secret = config.secret;
  try {
    secret ??= await keepSecret(config.dataDir);
    await database.migrate();
  } catch (error) {
    // Open connections would keep the process alive.
    await database.close();
    throw error;
  }
  const keys = deriveKeys(secret);
  const { db } = database;
  const { publicUrl } = config;
  const deps = { db, clock: systemClock, publicUrl, ticketKey: keys.ticket };
  return {
    appoint: (email: string) => appointAdministrator(deps, { email }),
    dismiss: (email: string) => dismissAdministrator(deps, { email }),
    list: () => listAdministrators(db),
    close: () => database.close(),
  };
}
