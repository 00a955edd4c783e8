/** What clients of the gallery may take, in ms and bytes: any program of this machine can connect. */
export interface GalleryLimits {
  connections: number;
  /** Pages that listen to events. */
  streams: number;
  /** Until a request has come. */
  request: number;
  /** How long a client may take nothing of what is sent to it. */
  stalled: number;
  /** What a page has not read of its events. */
  unread: number;
  /** Pictures that are fetched and decoded at a time. */
  decodes: number;
  /** All small pictures that are remembered while they are in no library. */
  recent: number;
}

export const LIMITS: GalleryLimits = {
  connections: 100,
  streams: 24,
  request: 10_000,
  stalled: 60_000,
  unread: 1 << 20,
  decodes: 4,
  recent: 16 << 20,
};
