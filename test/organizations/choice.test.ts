import { beforeAll, describe, expect, test } from 'vitest';
import {
  type ApiClient,
  claimsOf,
  type Organization,
  openTab,
  openWorld,
  type World,
} from '../harness/world.ts';

let world: World;
let client: ApiClient;
let ours: Organization;
let theirs: Organization;

beforeAll(async () => {
  world = await openWorld();
  client = await world.registerClient();
  ours = await world.anOrganization();
  theirs = await world.anOrganization();
});

describe("a client's organization settings", () => {
  const errorOf = async (client: ApiClient, params: Record<string, string>) => {
    const tab = openTab();
    const back = tab.back(await tab.go(world.authorize(client, params)));
    return [back.searchParams.get('error'), back.searchParams.get('error_description')];
  };

  test('are kept', async () => {
    const denying = await world.registerClient({ organization_usage: 'deny' });
    expect(await errorOf(denying, { organization: ours.id })).toEqual([
      'invalid_request',
      'parameter organization is not allowed for this client',
    ]);
    const requiring = await world.registerClient({ organization_usage: 'require' });
    expect(await errorOf(requiring, {})).toEqual([
      'invalid_request',
      'parameter organization is required for this client',
    ]);
    expect(await errorOf(client, { organization: 'org_0000000000000000' })).toEqual([
      'invalid_request',
      'parameter organization is invalid',
    ]);
    // A name counts only where the operator allows it.
    expect(await errorOf(client, { organization: ours.name })).toEqual([
      'invalid_request',
      'parameter organization is invalid',
    ]);
  });

  test('ask for the name first with pre_login_prompt', async () => {
    const asking = await world.registerClient({
      organization_usage: 'require',
      organization_require_behavior: 'pre_login_prompt',
    });
    const person = await world.aMember(ours);
    const tab = openTab();
    const shown = await tab.go(world.authorize(asking));
    expect(shown.page).toContain('Your organization');
    const wrong = await tab.send({ organization: 'no-such-organization' });
    expect(wrong.status).toBe(400);
    expect(wrong.page).toContain('There is no organization with this name.');
    const login = await tab.send({ organization: ours.name.toUpperCase() });
    expect(login.page).toContain('Log in');
    const back = tab.back(await tab.send({ username: person.email, password: person.password }));
    const { body } = await world.exchange(asking, back);
    expect(claimsOf(body.id_token)).toMatchObject({ org_id: ours.id });

    // A user with a session still types the name, and the name opens no foreign organization.
    expect((await tab.go(world.authorize(asking))).page).toContain('Your organization');
    const foreign = tab.back(await tab.send({ organization: theirs.name }));
    expect(foreign.searchParams.get('error')).toBe('access_denied');
    const silent = tab.back(await tab.go(world.authorize(asking, { prompt: 'none' })));
    expect(silent.searchParams.get('error')).toBe('interaction_required');
  });

  test('ask for the name first with pre_login_prompt, also without a connection of their own', async () => {
    const asking = await world.registerClient({
      organization_usage: 'require',
      organization_require_behavior: 'pre_login_prompt',
    });
    await world.server.api('PATCH', `/api/v2/connections/${world.connectionId}/clients`, [
      { client_id: asking.id, status: false },
    ]);
    const signUp = await openTab().go(world.authorize(asking, { screen_hint: 'signup' }));
    expect(signUp.page).toContain('Your organization');
    const person = await world.aMember(ours);
    const tab = openTab();
    expect((await tab.go(world.authorize(asking))).page).toContain('Your organization');
    const wrong = await tab.send({ organization: 'no-such-organization' });
    expect(wrong.page).toContain('There is no organization with this name.');
    expect((await tab.send({ organization: ours.name })).page).toContain('Log in');
    const back = tab.back(await tab.send({ username: person.email, password: person.password }));
    const { body } = await world.exchange(asking, back);
    expect(claimsOf(body.id_token)).toMatchObject({ org_id: ours.id });
  });

  test('let members choose their organization with post_login_prompt', async () => {
    const asking = await world.registerClient({
      organization_usage: 'require',
      organization_require_behavior: 'post_login_prompt',
    });
    const person = await world.aMember(ours);
    const tab = openTab();
    await tab.go(world.authorize(asking));
    const choice = await tab.send({ username: person.email, password: person.password });
    expect(choice.page).toContain('Choose an organization');
    expect(choice.page).toContain(ours.name);
    expect(choice.page).not.toContain(theirs.name);
    const back = tab.back(await tab.send({ organization: ours.name }));
    const { body } = await world.exchange(asking, back);
    expect(claimsOf(body.id_token)).toMatchObject({ sub: person.userId, org_id: ours.id });

    // Values outside the list are refused.
    await tab.go(world.authorize(asking));
    const foreign = tab.back(await tab.send({ organization: theirs.name }));
    expect(foreign.searchParams.get('error')).toBe('access_denied');
    // A required organization can't be left out.
    await tab.go(world.authorize(asking));
    expect((await tab.send({ organization: '-' })).page).toContain('There is no organization');

    const loner = await world.createUser();
    const other = openTab();
    await other.go(world.authorize(asking));
    const nowhere = await other.send({ username: loner.email, password: loner.password });
    expect(nowhere.page).toContain('belong to an organization');
    const home = other.back(await other.send({ cancel: '1' }));
    expect(home.searchParams.get('error')).toBe('access_denied');
  });

  test('let users continue without an organization with allow and post_login_prompt', async () => {
    const asking = await world.registerClient({
      organization_usage: 'allow',
      organization_require_behavior: 'post_login_prompt',
    });
    const person = await world.aMember(ours);
    const tab = openTab();
    await tab.go(world.authorize(asking));
    const choice = await tab.send({ username: person.email, password: person.password });
    expect(choice.page).toContain('Without an organization');
    const back = tab.back(await tab.send({ organization: '-' }));
    const { body } = await world.exchange(asking, back);
    expect(claimsOf(body.id_token)).not.toHaveProperty('org_id');
    const silent = tab.back(await tab.go(world.authorize(asking, { prompt: 'none' })));
    expect(silent.searchParams.has('code')).toBe(true);
  });
});
