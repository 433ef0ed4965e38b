import type { FastifyRequest } from 'fastify';
import {
  checkFields,
  fieldsAskedBy,
  type OpenInvitation,
} from '../../../flows/accept-invitation/accept-invitation.ts';
import { formText, type Translator } from '../page/page.ts';
import type { InvitationField } from '../page-values/page-values.ts';
import { inputOf, labelOf, sayFieldProblem } from './field-view.ts';

type View = Pick<OpenInvitation, 'campaign'>;

// The form has fields of its own, which no field of an invitation may be taken for.
const PREFIX = 'field-';

/** Returns the checked fields of the form, or `null` if some are wrong. Without a schema there are none. */
export function enteredProfile(
  request: FastifyRequest,
  view: View,
): Record<string, unknown> | null {
  const checked = checkFields(view, typedFields(request, view));
  return checked.kind === 'ok' ? checked.profile : null;
}

/**
 * Returns the fields that the page asks for, with what was typed and what is wrong with it.
 * @param isSent whether the person has sent the fields. Default: if the request is a form
 */
export function fieldViews(
  request: FastifyRequest,
  view: View,
  { say }: Translator,
  isSent = request.method === 'POST',
): InvitationField[] {
  const schema = fieldsAskedBy(view);
  if (schema === null) return [];
  const typed = typedFields(request, view);
  const checked = checkFields(view, typed);
  const problems = new Map(
    isSent && checked.kind === 'refused'
      ? checked.problems.map((problem) => [problem.field, problem])
      : [],
  );
  return Object.entries(schema.properties).map(([name, field]) => {
    const problem = problems.get(name);
    const id = PREFIX + name;
    const hint = typeof field.description === 'string' ? field.description : null;
    const describing = [problem && `${id}-problem`, hint && `${id}-hint`].filter(Boolean);
    return {
      name: id,
      label: labelOf(name, field),
      hint,
      ...inputOf(name, field),
      isFlag: field.type === 'boolean',
      options: Array.isArray(field.enum) ? field.enum.map(String) : [],
      isRequired: schema.required?.includes(name) === true,
      value: formText(request, id),
      problem: problem ? sayFieldProblem(say, field, problem) : null,
      describedBy: describing.length > 0 ? describing.join(' ') : null,
    };
  });
}

/** Returns the form's texts as the types of the schema. A text that is none stays, and is refused. */
export function typedFields(request: FastifyRequest, view: View): Record<string, unknown> {
  const { properties = {}, required = [] } = fieldsAskedBy(view) ?? {};
  return Object.fromEntries(
    Object.entries(properties).map(([name, { type, const: only }]) => {
      const text = formText(request, PREFIX + name).trim();
      if (type === 'boolean') {
        // Who must tick a box, or can only tick it, has said nothing with an empty one.
        const isSilent = text === '' && (required.includes(name) || only === true);
        return [name, isSilent ? null : text !== ''];
      }
      const isNumber = (type === 'number' || type === 'integer') && text !== '';
      return [name, isNumber && Number.isFinite(Number(text)) ? Number(text) : text];
    }),
  );
}
