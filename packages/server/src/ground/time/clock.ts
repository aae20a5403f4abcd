/** Time is an argument everywhere but in the composition root. */
export type Clock = () => Date;

export const systemClock: Clock = () => new Date();
