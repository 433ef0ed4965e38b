import type { FastifyRequest } from 'fastify';
import { formText } from './render.ts';

/** A password that a person chose in a form, or why none was chosen: the name of a text in `problem`. */
type ChosenPassword = { password: string } | { problem: 'password' | 'different' };

/**
 * Reads the password of a form in which one is chosen. The form asks for it a second time only where no script can show the first.
 */
export function chosenPassword(request: FastifyRequest): ChosenPassword {
  const password = formText(request, 'password');
  if (password === '') return { problem: 'password' };
  const { body } = request;
  const isRepeated = typeof body === 'object' && body !== null && 'repeat' in body;
  if (isRepeated && formText(request, 'repeat') !== password) return { problem: 'different' };
  return { password };
}
