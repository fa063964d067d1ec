/** Uploads as the tables of the element see them. */

import type { OverallProgress, PortwayError, UploadState, WaitReason } from "@portway/client";
import type { Shown } from "../src/element/look.js";

export function shown(
  state: UploadState,
  more: { sent?: number; size?: number; speed?: number; error?: PortwayError; waitingFor?: WaitReason } = {},
): Shown {
  const { sent = 0, size = 100e6, speed = null, error = null, waitingFor = "server" } = more;
  const secondsLeft = speed && (size - sent) / speed;
  return {
    state,
    size,
    error,
    progress: {
      state,
      waitingFor: state === "waiting" ? waitingFor : null,
      bytes: sent,
      total: size,
      partsDone: 0,
      parts: null,
      speed,
      secondsLeft,
    },
  };
}

export function overall(bytes: number, total: number, speed: number | null = null): OverallProgress {
  return { bytes, total, files: 1, filesDone: 0, filesFailed: 0, speed, secondsLeft: speed && (total - bytes) / speed };
}
