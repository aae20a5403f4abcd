import { type Static, Type } from 'typebox';
import { Id, Name, RevisionNumber, Time } from './common.ts';
import { RunState } from './runs.ts';

/** POST /waybill/v1/workflows: creates the project as well when it is new. */
export const CreateWorkflow = Type.Object(
  {
    project: Name,
    name: Name,
    contract: Name,
    /** Pins one revision; without it each run takes the one in force. */
    contractRevision: Type.Optional(RevisionNumber),
    description: Type.Optional(Type.String({ maxLength: 1000 })),
    team: Type.Optional(Type.String({ maxLength: 200 })),
  },
  { additionalProperties: false },
);
export type CreateWorkflow = Static<typeof CreateWorkflow>;

/** PATCH of a workflow: what is left out stays as it is. */
export const UpdateWorkflow = Type.Object(
  {
    /** By name or id; takes the pin away unless one is given. */
    contract: Type.Optional(Name),
    /** Pins one revision; null: each run takes the one in force. */
    contractRevision: Type.Optional(Type.Union([RevisionNumber, Type.Null()])),
    description: Type.Optional(Type.String({ maxLength: 1000 })),
    team: Type.Optional(Type.String({ maxLength: 200 })),
  },
  { additionalProperties: false },
);
export type UpdateWorkflow = Static<typeof UpdateWorkflow>;

export const Workflow = Type.Object({
  id: Id,
  project: Name,
  name: Name,
  contract: Name,
  contractRevision: Type.Union([Type.Integer(), Type.Null()]),
  description: Type.String(),
  team: Type.String(),
  createdAt: Time,
  /** When it was deleted; its runs stay. Null: it was not. */
  archivedAt: Type.Union([Time, Type.Null()]),
  runs: Type.Integer(),
  /** The newest run; null before the first. */
  lastRun: Type.Union([Type.Object({ id: Id, state: RunState, startedAt: Time }), Type.Null()]),
});
export type Workflow = Static<typeof Workflow>;

/** What became of it: one that has runs is archived, and they stay. */
export const DeletedWorkflow = Type.Object({
  deletion: Type.Union([Type.Literal('archived'), Type.Literal('deleted')]),
});
export type DeletedWorkflow = Static<typeof DeletedWorkflow>;

/** GET /waybill/v1/workflows, by project and name. */
export const WorkflowQuery = Type.Object(
  {
    // Any text: what is no name is as unknown as any other.
    project: Type.Optional(Type.String({ description: 'Name or id' })),
    contract: Type.Optional(Type.String({ description: 'Name or id' })),
    team: Type.Optional(Type.String()),
    name: Type.Optional(Type.String({ description: 'Part of the name' })),
    archived: Type.Optional(Type.Boolean({ description: 'Deleted ones with runs as well' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
    cursor: Type.Optional(Type.String({ maxLength: 200 })),
  },
  { additionalProperties: false },
);
export type WorkflowQuery = Static<typeof WorkflowQuery>;

export const WorkflowList = Type.Object({
  workflows: Type.Array(Workflow),
  /** Give it as `cursor` for the next page; null on the last. */
  next: Type.Union([Type.String(), Type.Null()]),
});
export type WorkflowList = Static<typeof WorkflowList>;
