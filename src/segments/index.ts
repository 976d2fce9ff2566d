export { SegmentDto } from './dto/segment.dto.js';
export { findSegment } from './find-segment.js';
export { MembershipService } from './membership.service.js';
export { PreviewService } from './preview.service.js';
export { RefreshService } from './refresh.service.js';
export { SegmentsModule } from './segments.module.js';
export { SegmentsService } from './segments.service.js';
export { segmentNotFound } from './segments.problems.js';
