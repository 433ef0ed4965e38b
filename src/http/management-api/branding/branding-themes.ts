import { type Static, type TProperties, type TSchema, Type } from 'typebox';
import {
  changeTheme,
  createTheme,
  removeTheme,
} from '../../../flows/manage-branding/manage-branding.ts';
import { findTheme, type Theme, themes } from '../../../records/branding/branding.ts';
import {
  type Api,
  ApiError,
  type BaseDeps,
  closed,
  conflict,
  oneOf,
  route,
} from '../route/route.ts';
import { THEME_EFFECTS } from './effects-of-branding.ts';

const tags = ['branding'];

const COLORS =
  'body_text,error,header,icons,input_background,input_border,input_filled_text,input_labels_placeholders,' +
  'links_focused_components,primary_button,primary_button_label,secondary_button_border,secondary_button_label,' +
  'success,widget_background,widget_border';
const words = (name: string) =>
  `${name.charAt(0).toUpperCase()}${name.slice(1).replaceAll('_', ' ')}`;
const color = (name: string) =>
  Type.String({
    pattern: '^#(([0-9a-fA-F]{3}){1,2}|([0-9a-fA-F]{4}){1,2})$',
    description: words(name),
  });
const number = (name: string, minimum: number, maximum: number) =>
  Type.Number({ minimum, maximum, description: words(name) });
const font = (name: string, minimum = 0) =>
  closed(
    {
      bold: Type.Boolean({ description: `${words(name)} bold` }),
      size: number(`${name}_size`, minimum, 150),
    },
    { description: words(name) },
  );
// Auth0's document spells out RFC 3986 here. This pattern is equal, except that it refuses user names.
const url = (name: string) =>
  Type.String({
    pattern: '^$|^https://[^\\s/@\\\\<>"]+(/[^\\s<>"\\\\]*)?$',
    maxLength: 2000,
    description: words(name),
  });
const style = (name: string) => oneOf(['pill', 'rounded', 'sharp'], { description: words(name) });

const parts = {
  borders: closed({
    button_border_radius: number('button_border_radius', 1, 10),
    button_border_weight: number('button_border_weight', 0, 10),
    buttons_style: style('buttons_style'),
    input_border_radius: number('input_border_radius', 0, 10),
    input_border_weight: number('input_border_weight', 0, 3),
    inputs_style: style('inputs_style'),
    show_widget_shadow: Type.Boolean({ description: 'Show widget shadow' }),
    widget_border_weight: number('widget_border_weight', 0, 10),
    widget_corner_radius: number('widget_corner_radius', 0, 50),
  }),
  colors: closed({
    ...Object.fromEntries(COLORS.split(',').map((name) => [name, color(name)])),
    base_focus_color: Type.Optional(color('base_focus_color')),
    base_hover_color: Type.Optional(color('base_hover_color')),
    read_only_background: Type.Optional(color('read_only_background')),
    captcha_widget_theme: Type.Optional(oneOf(['auto', 'dark', 'light'])),
  } as TProperties),
  fonts: closed({
    body_text: font('body_text'),
    buttons_text: font('buttons_text'),
    font_url: url('font_url'),
    input_labels: font('input_labels'),
    links: font('links'),
    links_style: oneOf(['normal', 'underlined'], { description: 'Links style' }),
    reference_text_size: number('reference_text_size', 12, 24),
    subtitle: font('subtitle'),
    title: font('title', 75),
  }),
  page_background: closed({
    background_color: color('background_color'),
    background_image_url: url('background_image_url'),
    page_layout: oneOf(['center', 'left', 'right'], { description: 'Page layout' }),
  }),
  widget: closed({
    header_text_alignment: oneOf(['center', 'left', 'right']),
    logo_height: number('logo_height', 1, 100),
    logo_position: oneOf(['center', 'left', 'none', 'right']),
    logo_url: url('logo_url'),
    social_buttons_layout: oneOf(['bottom', 'top']),
  }),
};
const displayName = Type.String({
  maxLength: 2048,
  pattern: '^[^<>]*$',
  description: 'Display Name',
});
const body = closed({ ...parts, displayName: Type.Optional(displayName) });
// Also returns values that an earlier version of this schema accepted.
const open = (schema: TSchema) => ({ ...schema, additionalProperties: true }) as TSchema;
const schema = Type.Object({
  themeId: Type.String(),
  displayName,
  ...Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, open(part)])),
});
const params = Type.Object({
  themeId: Type.String({ minLength: 1, maxLength: 100, description: 'ID of the theme' }),
});

const missing = (doing: string) =>
  new ApiError(
    404,
    `There was an error ${doing} branding settings: invalid theme ID`,
    'theme_not_found',
  );

/** `/branding/themes`: colors, borders and fonts of the pages. The server has up to one theme. */
export function brandingThemeRoutes(api: Api, deps: BaseDeps): void {
  const { db } = deps;
  route(api, {
    method: 'POST',
    url: '/branding/themes',
    scopes: ['update:branding'],
    summary: 'Create the theme',
    description: 'The theme overrides the settings of `/branding`.',
    tags,
    body,
    effects: THEME_EFFECTS,
    response: { 200: schema },
    handler: async ({ body: given }) => {
      const outcome = await createTheme(deps, documentOf(given));
      if (outcome.kind === 'duplicate') {
        throw conflict('There was an error updating branding settings: The theme already exists');
      }
      return toWire(outcome.theme);
    },
  });
  route(api, {
    method: 'GET',
    url: '/branding/themes/default',
    scopes: ['read:branding'],
    summary: 'Get the default theme',
    tags,
    response: { 200: schema },
    handler: async () => {
      const [first] = await themes(db);
      if (first === undefined) throw missing('retrieving');
      return toWire(first);
    },
  });
  route(api, {
    method: 'GET',
    url: '/branding/themes/:themeId',
    scopes: ['read:branding'],
    summary: 'Get a theme',
    tags,
    params,
    response: { 200: schema },
    handler: async ({ params: { themeId } }) => {
      const theme = await findTheme(db, themeId);
      if (theme === null) throw missing('retrieving');
      return toWire(theme);
    },
  });
  route(api, {
    method: 'PATCH',
    url: '/branding/themes/:themeId',
    scopes: ['update:branding'],
    summary: 'Replace a theme',
    tags,
    params,
    body,
    effects: THEME_EFFECTS,
    response: { 200: schema },
    handler: async ({ params: { themeId }, body: given }) => {
      const theme = { id: themeId, ...documentOf(given) };
      const outcome = await changeTheme(deps, theme);
      if (outcome.kind === 'missing') throw missing('updating');
      return toWire(theme);
    },
  });
  route(api, {
    method: 'DELETE',
    url: '/branding/themes/:themeId',
    scopes: ['delete:branding'],
    summary: 'Delete a theme',
    tags,
    params,
    response: { 204: null },
    handler: async ({ params: { themeId } }) => {
      const outcome = await removeTheme(deps, themeId);
      if (outcome.kind === 'missing') throw missing('deleting');
    },
  });
}

function documentOf(given: Static<typeof body>): Record<string, unknown> {
  return { displayName: 'Unnamed Theme', ...given };
}

function toWire({ id, ...value }: Theme) {
  return { themeId: id, ...value };
}
