// Sixty participants without a browser: what jspsych.html posts at its end, for every line of people.csv.
//
//   node examples/recipes/participants.mjs [http://localhost:3000]
import { readFile } from "node:fs/promises";

const lab = process.argv[2] ?? process.env.LAB_URL ?? "http://localhost:3000";
const people = (await readFile(new URL("people.csv", import.meta.url), "utf8")).trim().split("\n").slice(1);

// One trial of jsPsych 8, with the properties that the page adds to every trial.
const trials = ([subject, condition, trust]) => [{
  measure: "trust", rt: 2345, stimulus: "<p>The city signs its contracts.</p>", slider_start: 4, response: Number(trust),
  trial_type: "html-slider-response", trial_index: 0, plugin_version: "2.1.0", time_elapsed: 2401, subject, condition,
}];

const replies = await Promise.all(people.map(line => fetch(`${lab}/responses`, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(trials(line.split(","))),
})));
const stored = replies.filter(reply => reply.status === 204).length;
console.log(`${stored} stored, ${replies.length - stored} refused`);
