import { init, use } from 'echarts/core.js';
import { BarChart } from 'echarts/charts.js';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components.js';
import { SVGRenderer } from 'echarts/renderers.js';
import type { CycleFigure } from './cycle.bench.js';

use([BarChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** Where the page is dark, the texts are light; the bars' colours stand out from both. */
const inBoth = '<style>text{fill:#24292f;stroke:none}@media(prefers-color-scheme:dark){text{fill:#e6edf3}}</style>';

/** Bars of each cycle beside those of recomputing, on a scale of powers of ten, as SVG. */
export function drawCycles(figures: readonly CycleFigure[]): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 900, height: 90 + figures.length * 58 });
  const label = { show: true, position: 'right' as const, formatter: ({ value }: { value: unknown }) => `${Number(value).toLocaleString('en', { maximumSignificantDigits: 3 })} ms` };
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: 'system-ui, sans-serif' },
    legend: { top: 8 },
    grid: { left: 8, right: 90, top: 44, bottom: 36, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: { type: 'log', name: 'milliseconds', nameLocation: 'middle', nameGap: 26, splitLine: { lineStyle: { color: '#8b949e', opacity: 0.35 } } },
    yAxis: { type: 'category', inverse: true, data: figures.map(({ what }) => what), axisLabel: { width: 250, overflow: 'break' } },
    series: [
      { type: 'bar', name: 'a cycle', data: figures.map(({ ms }) => ms), itemStyle: { color: '#2f81f7' }, label, barGap: '8%' },
      { type: 'bar', name: 'recomputing by hand-written SQL', data: figures.map(({ baselineMs }) => baselineMs), itemStyle: { color: '#bf8700' }, label },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg.replace(/(<svg[^>]*>)/, `$1${inBoth}`);
}
