import { type Static, Type } from 'typebox';
import { Id, Name, RevisionNumber, Time } from './common.ts';

/** POST /waybill/v1/workflows: creates the project as well when it is new. */
export const CreateWorkflow = Type.Object(
  {
    project: Name,
    name: Name,
    contract: Name,
    /** Pins one revision; without it each run takes the newest. */
    contractRevision: Type.Optional(RevisionNumber),
    description: Type.Optional(Type.String({ maxLength: 1000 })),
    team: Type.Optional(Type.String({ maxLength: 200 })),
  },
  { additionalProperties: false },
);
export type CreateWorkflow = Static<typeof CreateWorkflow>;

export const Workflow = Type.Object({
  id: Id,
  project: Name,
  name: Name,
  contract: Name,
  contractRevision: Type.Union([Type.Integer(), Type.Null()]),
  description: Type.String(),
  team: Type.String(),
  createdAt: Time,
});
export type Workflow = Static<typeof Workflow>;

/** GET /waybill/v1/workflows, by project and name. */
export const WorkflowQuery = Type.Object(
  {
    // Any text: a project of the wrong form is as unknown as any other.
    project: Type.Optional(Type.String()),
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
