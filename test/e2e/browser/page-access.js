// Runs in the page under test: reads what a thumb meets there, and what the page weighs.

/** Whether everything is big enough for a thumb and within the width of the screen. */
globalThis.readRoom = () => {
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true });
  const controls = [...document.querySelectorAll("button, input, a[href], summary")].filter(isShown).map((element) => {
    const { width, height } = element.getBoundingClientRect();
    return { what: element.outerHTML.slice(0, 80), width, height };
  });
  return { controls, scrollsSideways: document.documentElement.scrollWidth > window.innerWidth };
};

globalThis.readWeight = () => {
  const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  return {
    bytes: entries.reduce((sum, { transferSize }) => sum + transferSize, 0),
    requests: entries.length,
    drawnMs: paint?.startTime ?? -1,
  };
};
