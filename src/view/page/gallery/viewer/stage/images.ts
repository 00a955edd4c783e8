/** Images that are loaded before they are shown, and as long as somebody wants them. */
export function createImages() {
  const held = new Map<string, HTMLImageElement>();
  return {
    /** The image of a URL, which it begins to load unless it has. */
    load(url: string): HTMLImageElement {
      const image = held.get(url) ?? new Image();
      held.set(url, image);
      if (!image.src) image.src = url;
      image.draggable = false;
      return image;
    },
    /** The image of a URL if it is loaded. */
    loaded(url: string): HTMLImageElement | undefined {
      const image = held.get(url);
      return image && isLoaded(image) ? image : undefined;
    },
    /** Lets go of all others, and stops loading them. */
    keep(urls: readonly string[]): void {
      for (const [url, image] of held)
        if (!urls.includes(url)) {
          held.delete(url);
          image.removeAttribute('src');
        }
    },
    /** Forgets an image that could not be loaded, so that it is tried anew. */
    forget: (url: string) => void held.delete(url),
  };
}

export const isLoaded = ({ complete, naturalWidth }: HTMLImageElement): boolean =>
  complete && naturalWidth > 0;

/** Resolves once an image can be drawn without a delay; false if it cannot be at all. */
export const decoded = (image: HTMLImageElement): Promise<boolean> =>
  image.decode().then(
    () => true,
    // Very large ones are drawn piece by piece, and never decoded as a whole.
    () => isLoaded(image),
  );
