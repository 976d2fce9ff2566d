const { join } = require('node:path');

/** The order of architecture.md: each may import those before it, and nobody those after. */
const modules = ['http', 'tenancy', 'queues', 'contacts', 'rules-engine', 'segments', 'files', 'insights', 'analytics', 'campaigns', 'templates', 'experiments', 'operator'];
const spec = '\\.(spec|db-spec|prop-spec|e2e-spec)\\.ts$';

const order = modules.slice(0, -1).map((name, at) => ({
  name: `${name}-comes-before`,
  comment: `${name} may not know ${modules.slice(at + 1).join(', ')}: they rest on it.`,
  severity: 'error',
  from: { path: `^src/${name}/` },
  to: { path: `^src/(${modules.slice(at + 1).join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...order,
    {
      name: 'a-module-of-the-order',
      comment: 'A new folder of src takes its place in the order above first.',
      severity: 'error',
      from: {},
      to: { path: '^src/[^/]+/', pathNot: `^src/(${modules.join('|')}|demo)/` },
    },
    {
      name: 'nobody-knows-the-demo',
      comment: 'It is a program of its own, which starts the service and talks to it over HTTP.',
      severity: 'error',
      from: { pathNot: '^src/demo/' },
      to: { path: '^src/demo/' },
    },
    {
      name: 'by-the-front-door',
      comment: "From outside, a module is its index.ts; what that does not export is the module's own affair.",
      severity: 'error',
      from: { path: '^src/([^/]+)/', pathNot: spec },
      to: { path: '^src/[^/]+/', pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$'] },
    },
    {
      name: 'by-the-front-door-from-above-too',
      severity: 'error',
      from: { path: '^src/[^/]+\\.ts$', pathNot: spec },
      to: { path: '^src/[^/]+/', pathNot: '^src/[^/]+/index\\.ts$' },
    },
    {
      name: 'insiders-do-not-use-the-front-door',
      comment: 'Within a module, import the file itself: its index only makes circles.',
      severity: 'error',
      from: { path: '^src/([^/]+)/', pathNot: spec },
      to: { path: '^src/$1/index\\.ts$' },
    },
    {
      name: 'an-index-passes-on-its-own-module-only',
      severity: 'error',
      from: { path: '^src/([^/]+)/index\\.ts$' },
      to: { path: '^src/[^/]+/', pathNot: '^src/$1/' },
    },
    {
      name: 'only-the-configuration-is-below-the-modules',
      comment: 'main, the worker and the application module put the modules together, so no module knows them.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: '^src/demo/' },
      to: { path: '^src/[^/]+\\.ts$', pathNot: '^src/(config|cron)\\.ts$' },
    },
    {
      name: 'libraries-do-not-know-the-service',
      severity: 'error',
      from: { path: '^(libs|migrations)/', pathNot: spec },
      to: { path: '^(src|test)/' },
    },
    {
      name: 'the-service-does-not-know-its-tests',
      severity: 'error',
      from: { path: '^src/', pathNot: spec },
      to: { path: '^test/' },
    },
    {
      name: 'kernel-knows-no-other-library',
      severity: 'error',
      from: { path: '^libs/kernel/' },
      to: { path: '^libs/(?!kernel/)' },
    },
    {
      name: 'rules-know-the-kernel-only',
      severity: 'error',
      from: { path: '^libs/rules/', pathNot: spec },
      to: { path: '^libs/(?!kernel/|rules/)' },
    },
    {
      name: 'statistics-know-no-other-library',
      severity: 'error',
      from: { path: '^libs/statistics/', pathNot: spec },
      to: { path: '^libs/(?!statistics/)' },
    },
    {
      name: 'no-framework-in-statistics',
      comment: 'Formulas are pure: distributions come from jstat, and that is all they take from npm.',
      severity: 'error',
      from: { path: '^libs/statistics/', pathNot: spec },
      to: { path: 'node_modules/', pathNot: 'node_modules/jstat/' },
    },
    {
      name: 'libraries-by-their-index',
      comment: 'Across libraries and from the service, a library is what its index exports.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/', pathNot: spec },
      to: { path: '^libs/', pathNot: ['^libs/$1/', '^libs/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'libraries-by-their-index-from-the-service-too',
      severity: 'error',
      from: { path: '^src/', pathNot: spec },
      to: { path: '^libs/', pathNot: '^libs/[^/]+/src/index\\.ts$' },
    },
    {
      name: 'no-framework-in-the-heart',
      comment: 'kernel and rules are pure: rules build SQL fragments with kysely, and that is all they take from npm.',
      severity: 'error',
      from: { path: '^libs/(kernel|rules)/', pathNot: spec },
      to: { path: 'node_modules/', pathNot: 'node_modules/(kysely|uuid)/' },
    },
    {
      name: 'no-input-or-output-in-the-heart',
      severity: 'error',
      from: { path: '^libs/(kernel|rules|statistics)/', pathNot: spec },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|buffer)$' },
    },
    {
      name: 'traces-are-loaded-where-they-are-asked-for',
      comment: 'Without an endpoint the libraries of OpenTelemetry are not loaded by us; types are none.',
      severity: 'error',
      from: { path: '^(src|libs)/' },
      to: { path: 'node_modules/@opentelemetry/', dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-circles',
      comment: 'Circles of types alone are gone when the program runs.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'everything-is-found',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'the-service-runs-without-development-packages',
      severity: 'error',
      from: { path: '^(src|libs|migrations)/', pathNot: spec },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|docs)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: join(__dirname, 'tsconfig.json') },
    webpackConfig: { fileName: join(__dirname, '.dependency-cruiser.resolve.cjs') },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
