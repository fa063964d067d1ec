/** The style sheets, constructed: a page's policy need not allow inline styles. */

import base from "./base.css?inline";
import intake from "./intake.css?inline";
import rows from "./rows.css?inline";
import summary from "./summary.css?inline";

export const sheets = [base, intake, summary, rows].map((css) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
});
