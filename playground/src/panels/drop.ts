/**
 * Places that files are dropped on. Anywhere else, a browser would leave the page to show the file.
 */

import { useState } from 'preact/hooks';

const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;

/** Whether something is held over a place, and what the place listens to. */
export function useDrop(take: (files: readonly File[]) => void): { readonly over: boolean; readonly place: object } {
  const [over, setOver] = useState(false);
  const onDragOver = (event: DragEvent): void => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    setOver(true);
  };
  const onDrop = (event: DragEvent): void => {
    setOver(false);
    if (!hasFiles(event)) return;
    event.preventDefault();
    take([...(event.dataTransfer?.files ?? [])]);
  };
  return { over, place: { onDragOver, onDragLeave: () => setOver(false), onDrop } };
}

/** Keeps a file that misses its place from taking the place of the page. */
export function guard(): void {
  const refuse = (event: DragEvent): void => {
    if (event.defaultPrevented || !hasFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'none';
  };
  addEventListener('dragover', refuse);
  addEventListener('drop', refuse);
}
