import type { ComponentChildren, FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { failure } from '../state.js';

/** A part of the page that is loaded when it is first shown. */
export function Lazy({ load, waiting }: { readonly load: () => Promise<FunctionComponent>; readonly waiting: ComponentChildren }) {
  const [Part, set] = useState<FunctionComponent | null>(null);
  useEffect(() => {
    let there = true;
    load().then(
      (part) => {
        if (there) set(() => part);
      },
      // A host that has a newer version by now.
      () => (failure.value = 'a part of this page could not be loaded: reload it'),
    );
    return () => {
      there = false;
    };
  }, []);
  return Part === null ? <>{waiting}</> : <Part />;
}
