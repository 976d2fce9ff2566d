export { ClientGone } from './client-gone.js';
export { createApp } from './create-app.js';
export { Day, Decimal, Flag, Id, Instant, JsonList, JsonObject, OneOf, Text, TextList, WholeNumber, WholeNumberQuery } from './fields.js';
export { contactsEvaluated, cycleSeconds, eventsAccepted, figures, refreshesEnded } from './figures.js';
export { xlsxType } from './files.js';
export { openApiDocument } from './openapi.js';
export { ApiPage, type Page, PageQuery } from './page.js';
export { ApiProblems } from './problems.js';
export { CLOCK, type Clock, CONFIG } from './runtime.js';
