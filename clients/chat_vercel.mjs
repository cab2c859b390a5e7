// Ask a running server through Vercel's AI SDK, streamed, and print the text and the sources that the SDK sees.
//
//     npm install ai @ai-sdk/openai        (in a folder of its own; copy this file there)
//     node chat_vercel.mjs http://127.0.0.1:8000 "How far did the water table under the Vesper Basin fall?"
//
// Exits with 1 where the SDK sees no text or no source.
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, streamText } from "ai";

const [base, question] = process.argv.slice(2);
const model = createOpenAI({ baseURL: `${base}/v1`, apiKey: "none" }).chat("briefqa");

const whole = await generateText({ model, prompt: question });
console.log(`${whole.text}\nwhole: ${whole.sources.length} sources`);

let text = "";
const sources = [];
for await (const part of streamText({ model, prompt: question }).fullStream) {
  if (part.type === "text-delta") text += part.text;
  if (part.type === "source") sources.push(part);
  if (part.type === "error") throw part.error;
}
for (const source of sources) console.log(`source: ${source.title} ${source.url}`);
console.log(`streamed: ${sources.length} sources, the text is ${text === whole.text ? "the same" : "NOT THE SAME"}.`);
process.exit(text === whole.text && sources.length > 0 && whole.sources.length === sources.length ? 0 : 1);
