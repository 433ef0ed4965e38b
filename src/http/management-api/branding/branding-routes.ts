import { type Static, Type } from 'typebox';
import { changeBranding } from '../../../flows/manage-branding/manage-branding.ts';
import { type BrandSettings, brandSettings } from '../../../records/branding/branding.ts';
import { type Api, type BaseDeps, closed, nullable, oneOf, route } from '../route/route.ts';

const tags = ['branding'];

const color = (description: string) =>
  nullable(Type.String({ format: 'html-color-or-null', description }));
const httpsUrl = (description: string) =>
  nullable(Type.String({ format: 'strict-https-uri-or-null', maxLength: 2000, description }));

const stop = (description: string) => Type.String({ format: 'html-color', description });
const gradient = closed(
  {
    type: oneOf(['linear-gradient']),
    start: stop('Start color'),
    end: stop('End color'),
    angle_deg: Type.Optional(
      Type.Number({ minimum: -360, maximum: 360, description: 'Angle, in degrees. Default: 180.' }),
    ),
  },
  { description: 'Gradient' },
);

const body = closed(
  {
    colors: Type.Optional(
      nullable(
        closed(
          {
            primary: Type.Optional(color('Accent color')),
            page_background: Type.Optional(
              Type.Unsafe<string | Record<string, unknown> | null>({
                anyOf: [color('Page background color'), gradient],
              }),
            ),
          },
          { minProperties: 1, description: 'Custom color settings' },
        ),
      ),
    ),
    logo_url: Type.Optional(httpsUrl('URL for the logo. Must use HTTPS')),
    favicon_url: Type.Optional(httpsUrl('URL for the favicon. Must use HTTPS')),
    font: Type.Optional(
      nullable(
        closed(
          { url: Type.Optional(httpsUrl('URL of a font file. Must use HTTPS')) },
          { minProperties: 1, description: 'Custom font settings' },
        ),
      ),
    ),
  },
  { minProperties: 1 },
);
const schema = Type.Partial(
  Type.Object({
    colors: Type.Partial(Type.Object({ primary: Type.String(), page_background: Type.Unknown() })),
    logo_url: Type.String(),
    favicon_url: Type.String(),
    font: Type.Object({ url: Type.String() }),
  }),
);

/** `/branding`: colors, logo and fonts of the pages that users see. */
export function brandingRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'GET',
    url: '/branding',
    scopes: ['read:branding'],
    summary: 'Get the branding',
    tags,
    response: { 200: schema },
    handler: async () => toWire(await brandSettings(db)),
  });
  route(api, {
    method: 'PATCH',
    url: '/branding',
    scopes: ['update:branding'],
    summary: 'Update the branding',
    description:
      'Fields that are absent stay unchanged. `null` deletes a setting. If a text on a page would be hard to read, Usher ' +
      'moves its color towards black or white.',
    tags,
    body,
    response: { 200: schema },
    handler: async ({ body: given }) => toWire(await changeBranding(deps, changesOf(given))),
  });
}

function changesOf(given: Static<typeof body>): Parameters<typeof changeBranding>[1] {
  const { colors, font } = given;
  return {
    ...(colors === null && { primary: null, pageBackground: null }),
    ...(colors?.primary !== undefined && { primary: colors.primary }),
    ...(colors?.page_background !== undefined && { pageBackground: colors.page_background }),
    ...(font === null && { fontUrl: null }),
    ...(font?.url !== undefined && { fontUrl: font.url }),
    ...(given.logo_url !== undefined && { logoUrl: given.logo_url }),
    ...(given.favicon_url !== undefined && { faviconUrl: given.favicon_url }),
  };
}

function toWire(settings: BrandSettings) {
  const { primary, pageBackground, fontUrl } = settings;
  const colors = {
    ...(primary !== undefined && { primary }),
    ...(pageBackground !== undefined && { page_background: pageBackground }),
  };
  return {
    ...(Object.keys(colors).length > 0 && { colors }),
    ...(settings.faviconUrl !== undefined && { favicon_url: settings.faviconUrl }),
    ...(settings.logoUrl !== undefined && { logo_url: settings.logoUrl }),
    ...(fontUrl !== undefined && { font: { url: fontUrl } }),
  };
}
