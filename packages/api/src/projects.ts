import { type Static, Type } from 'typebox';
import { Id, Name, Time } from './common.ts';

/** Version of a project, as its people write it. */
export const VersionText = Type.String({
  pattern: '^[A-Za-z0-9][-A-Za-z0-9._+]*$',
  minLength: 1,
  maxLength: 128,
});

export const Project = Type.Object({
  id: Id,
  name: Name,
  createdAt: Time,
  /** Without deleted ones. */
  workflows: Type.Integer(),
  versions: Type.Integer(),
  /** The newest version; null before the first. */
  latestVersion: Type.Union([VersionText, Type.Null()]),
});
export type Project = Static<typeof Project>;

const Next = Type.Union([Type.String(), Type.Null()]);

export const ProjectList = Type.Object({
  projects: Type.Array(Project),
  /** Give it as `cursor` for the next page; null on the last. */
  next: Next,
});
export type ProjectList = Static<typeof ProjectList>;

export const ProjectVersion = Type.Object({
  id: Id,
  name: VersionText,
  createdAt: Time,
  /** Null: it is not released. */
  releasedAt: Type.Union([Time, Type.Null()]),
});
export type ProjectVersion = Static<typeof ProjectVersion>;

export const ProjectVersionList = Type.Object({
  versions: Type.Array(ProjectVersion),
  /** Give it as `cursor` for the next page; null on the last. */
  next: Next,
});
export type ProjectVersionList = Static<typeof ProjectVersionList>;
