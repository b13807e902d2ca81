/**
 * A run as a picture: what arrived over time, beside what the link could carry.
 *
 * Invariant: the same notes give the same file.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as echarts from "echarts";
import { concealed, frozen, kbps, received, windows } from "./series.mjs";

const SIZE = { width: 1000, height: 600 };

export async function plotRun(folder, { name, shape }, { notes, from, rates = [] }) {
  if (notes === undefined || from === undefined) return;
  const to = notes.samples.at(-1).at;
  const at = (time) => (time - from) / 1_000;
  const [picture, voice] = ["video", "audio"].map((kind) => received(notes, kind));
  const line = (label, series, value, axis) => ({
    ...{ name: label, type: "line", showSymbol: false, step: "end" },
    ...{ xAxisIndex: axis, yAxisIndex: axis },
    data: windows(series, from, to).map(({ at: time, samples }) => [at(time), value(samples)]),
  });
  await draw(folder, name, {
    title: { text: shape, left: "center" },
    legend: { top: 36 },
    grid: [
      { top: 70, height: 200, left: 70, right: 30 },
      { top: 310, height: 90, left: 70, right: 30 },
      { top: 440, height: 100, left: 70, right: 30 },
    ],
    xAxis: [0, 1, 2].map((gridIndex) => ({
      ...{ type: "value", gridIndex, min: 0, max: Math.ceil(at(to)) },
      name: gridIndex === 2 ? "s" : "",
    })),
    yAxis: [
      { gridIndex: 0, name: "kbit/s" },
      { gridIndex: 1, name: "lines" },
      { gridIndex: 2, name: "% of a second", max: 100 },
    ],
    series: [
      line("picture", picture, (samples) => Math.round(kbps(samples)), 0),
      line("voice", voice, (samples) => Math.round(kbps(samples)), 0),
      {
        ...{ name: "link", type: "line", step: "end", showSymbol: false },
        ...{ lineStyle: { type: "dashed" } },
        data: rates.map(([time, rate]) => [at(time), rate]),
      },
      line("height", picture, (samples) => samples.at(-1)?.frameHeight ?? 0, 1),
      line("frozen", picture, (samples) => Math.min(100, frozen(samples)).toFixed(1), 2),
      line("concealed", voice, (samples) => concealed(samples).toFixed(1), 2),
    ],
  });
}

async function draw(folder, name, option) {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, ...SIZE });
  chart.setOption({ animation: false, backgroundColor: "white", ...option });
  await writeFile(join(folder, `${name}.svg`), chart.renderToSVGString());
  chart.dispose();
}
