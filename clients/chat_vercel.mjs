// Ask a running server through Vercel's AI SDK, streamed and not, and print the text and the sources that the SDK sees:
// once as chat completions, once as responses, which are the SDK's default.
//
//     npm install ai @ai-sdk/openai        (in a folder of its own; copy this file there)
//     node chat_vercel.mjs http://127.0.0.1:8000 "How far did the water table under the Vesper Basin fall?"
//
// Exits with 1 where the SDK sees no text or no source, or not the same ones each time.
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, streamText } from "ai";

const [base, question] = process.argv.slice(2);
const briefqa = createOpenAI({ baseURL: `${base}/v1`, apiKey: "none" });
const seen = [];

for (const [name, model] of [["chat", briefqa.chat("briefqa")], ["responses", briefqa("briefqa")]]) {
  const whole = await generateText({ model, prompt: question });
  let text = "";
  const sources = [];
  for await (const part of streamText({ model, prompt: question }).fullStream) {
    if (part.type === "text-delta") text += part.text;
    if (part.type === "source") sources.push(part);
    if (part.type === "error") throw part.error;
  }
  for (const from of [whole.sources, sources]) seen.push(from.filter((one) => one.url).map((one) => one.url).join("\n"));
  if (name === "chat") console.log(whole.text);
  console.log(`${name}: ${sources.length} sources, the text streamed is ${text === whole.text ? "the same" : "NOT THE SAME"}`);
  if (text !== whole.text) process.exitCode = 1;
}
console.log(seen[0]);
if (!seen[0] || seen.some((urls) => urls !== seen[0])) process.exitCode = 1;
