// Numbers that may be read in two ways: what stands before a request until the person, or the file, says which.

import { profile } from "./cells.js";

const OF_NUMBERS = ["outcome", "prediction", "covariate", "weight", "sampling_probability"];

/** What is doubtful about the commas and points of numbers. */
export function commaObstacles(used, table, reading) {
  const profiles = used.map((column) => ({ column, ...profile(table.columns.get(column)) }));
  const doubtful = profiles.filter(({ commas }) => commas > 0);
  if (doubtful.length > 0 && !reading.comma) {
    const columns = doubtful.map(({ column }) => `“${column}”`).join(", ");
    return [{ code: "decimal_comma", field: "comma", message: `There are numbers such as ${doubtful[0].firstComma} in ${columns}. Say what the comma is, or save the file with decimal points.` }];
  }
  if (reading.comma !== "decimal") return [];
  return profiles.filter((each) => mayBeThousands(each) || (each.commas > 0 && each.decimals > 0)).map(({ column, firstPoint, firstComma }) => {
    const what = firstPoint ? `${firstPoint}: with decimal commas that may be ${firstPoint.replace(".", "")}` : `${firstComma}, and others with a decimal point`;
    return { code: "doubtful_point", column, message: `Column “${column}” has numbers such as ${what}. Save the file with one decimal mark and without thousands separators.` };
  });
}

/** Percentages are numbers of one scale or another; the person says which. */
export function percentObstacles(used, uses) {
  return used.filter((name) => OF_NUMBERS.includes(uses.get(name).role) && uses.get(name).profile.percents > 0).map((column) => {
    const { firstPercent } = uses.get(column).profile;
    return { code: "percentages", column, message: `Column “${column}” has percentages such as ${firstPercent}. Write numbers without “%”: ${firstPercent.replace("%", "").trim()}, or a share of 1.` };
  });
}

/** Whether points that may stand between thousands are nowhere in the column shown to be decimal points. */
function mayBeThousands({ points, commas, decimals }) {
  return points > 0 && (commas > 0 || decimals === 0);
}
