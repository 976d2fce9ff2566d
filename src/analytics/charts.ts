import type { EChartsCoreOption } from 'echarts/core';
import type { AnalyticsDto, CompareDto, FunnelDto } from './dto/analytics.dto.js';

/** Colours by their part; those of the light page, each with its twin on a dark one. */
const ink = { text: '#1f2328', faint: '#59636e', line: '#d1d9e0', paper: '#ffffff' } as const;
const dark: Readonly<Record<string, string>> = { [ink.text]: '#f0f6fc', [ink.faint]: '#9198a1', [ink.line]: '#3d444d', [ink.paper]: '#0d1117' };
/** Told apart by people who do not see every colour (Okabe and Ito), and legible on either page. */
const series = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
const rateNames = { openRate: 'Open rate', clickRate: 'Click rate', conversionRate: 'Conversion rate', unsubscribeRate: 'Unsubscribe rate' } as const;
const size = { width: 800, height: 400 } as const;

/** Members at the end of each day. */
export async function sizeChart({ days, from, to }: AnalyticsDto): Promise<string> {
  return await draw(`Members, ${from} to ${to}`, {
    xAxis: { type: 'category', data: days.map(({ date }) => date), boundaryGap: false, ...axis },
    yAxis: { type: 'value', minInterval: 1, ...axis },
    series: [{ type: 'line', data: days.map((day) => day.size), showSymbol: days.length === 1, lineStyle: { width: 2 }, areaStyle: { opacity: 0.15 } }],
  });
}

/** How many messages came to each step, with its share of those sent. */
export async function funnelChart({ steps, from, to }: FunnelDto): Promise<string> {
  const label = (at: number): string => {
    const { step = '', messages = 0, ofSent = null } = steps[at] ?? {};
    return `${step}: ${messages.toLocaleString('en')}${ofSent === null ? '' : ` (${percent(ofSent)})`}`;
  };
  return await draw(`From sent to converted, ${from} to ${to}`, {
    // A lying bar keeps its label beside it, however little comes to a step.
    xAxis: { type: 'value', minInterval: 1, ...axis },
    yAxis: { type: 'category', inverse: true, data: steps.map(({ step }) => step), ...axis },
    grid: { left: 90, right: 190, top: 60, bottom: 30 },
    series: [{
      type: 'bar', barWidth: '60%', data: steps.map(({ messages }) => messages),
      label: { show: true, position: 'right', color: ink.text, formatter: ({ dataIndex }: { dataIndex: number }) => label(dataIndex) },
    }],
  });
}

/** The rates of several segments and of everyone, side by side. */
export async function compareChart({ segments, allContacts, from, to }: CompareDto): Promise<string> {
  const sides = [...segments.map(({ name, rates }) => ({ name: shortened(name), rates })), { name: 'All contacts', rates: allContacts.rates }];
  const names = Object.keys(rateNames) as (keyof typeof rateNames)[];
  return await draw(`Rates compared, ${from} to ${to}`, {
    legend: { bottom: 0, type: 'plain', itemGap: 32, textStyle: { color: ink.text } },
    grid: { left: 60, right: 30, top: 60, bottom: 40 + 24 * Math.ceil(sides.length / 4) },
    xAxis: { type: 'category', data: names.map((name) => rateNames[name]), ...axis },
    yAxis: { type: 'value', ...axis, axisLabel: { color: ink.faint, formatter: (value: number) => percent(value) } },
    series: sides.map(({ name, rates }) => ({
      type: 'bar', name, data: names.map((rate) => rates[rate] ?? 0),
      label: { show: sides.length <= 3, position: 'top', color: ink.text, fontSize: 10, formatter: ({ value }: { value: number }) => percent(value) },
    })),
  });
}

const axis = { axisLabel: { color: ink.faint }, axisLine: { lineStyle: { color: ink.line } }, splitLine: { lineStyle: { color: ink.line } }, axisTick: { show: false } };

async function draw(title: string, option: EChartsCoreOption): Promise<string> {
  const { svgOf } = await import('./svg.js');
  const svg = svgOf(size, {
    animation: false, color: series, backgroundColor: ink.paper, textStyle: { fontFamily: 'system-ui, sans-serif' },
    title: { text: title, left: 'center', textStyle: { color: ink.text, fontSize: 16 } }, grid: { left: 60, right: 30, top: 60, bottom: 40 }, ...option,
  });
  return onDarkPages(svg, title);
}

/** Where the reader's page is dark, the colours of text, lines and paper give way to their twins. */
function onDarkPages(svg: string, title: string): string {
  const rules = Object.entries(dark).map(([light, twin]) => `[fill="${light}"]{fill:${twin}}[stroke="${light}"]{stroke:${twin}}`).join('');
  return svg.replace(/<svg [^>]*>/, (opening) =>
    `${opening.replace(/>$/, ' role="img">')}<title>${escaped(title)}</title><style>@media (prefers-color-scheme: dark){${rules}}</style>`);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function shortened(name: string): string {
  return name.length > 28 ? `${name.slice(0, 27)}…` : name;
}

function percent(share: number): string {
  return `${(share * 100).toLocaleString('en', { maximumFractionDigits: 2 })} %`;
}
