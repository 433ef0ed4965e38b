import type { BrowserContext, CDPSession, Page } from 'playwright-core';

/** Chromium's own authenticator in software, which answers prompts as a person with this device would. */
export type VirtualDevice = {
  /** The ids of its passkeys. */
  passkeys(): Promise<string[]>;
  /** Whether the person confirms prompts from now on, or lets them end. */
  answers(isConfirming: boolean): Promise<void>;
  /** Whether the device recognizes its owner from now on. */
  recognizes(isOwner: boolean): Promise<void>;
};

/** @param options.transport `usb`: a security key; `keeps`: it can keep passkeys, behind a PIN */
export async function aDevice(
  page: Page,
  options: { transport?: 'internal' | 'usb'; keeps?: boolean } = {},
): Promise<VirtualDevice> {
  const context: BrowserContext = page.context();
  const session: CDPSession = await context.newCDPSession(page);
  const { transport = 'internal', keeps = transport === 'internal' } = options;
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport,
      hasResidentKey: keeps,
      hasUserVerification: keeps,
      isUserVerified: keeps,
      automaticPresenceSimulation: true,
    },
  });
  const credentials = async () =>
    (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
  return {
    passkeys: async () =>
      (await credentials()).map(({ credentialId }) =>
        Buffer.from(credentialId, 'base64').toString('base64url'),
      ),
    async answers(isConfirming) {
      await session.send('WebAuthn.setAutomaticPresenceSimulation', {
        authenticatorId,
        enabled: isConfirming,
      });
    },
    async recognizes(isUserVerified) {
      await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
    },
  };
}
