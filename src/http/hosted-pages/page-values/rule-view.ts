/** A rule for passwords: a text for people, and code and value for the script that checks during typing. */
export type RuleView = {
  code: string;
  text: string;
  value: number | string | null;
  items: RuleView[] | null;
};
