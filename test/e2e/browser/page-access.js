// Runs in the page under test: reads what a screen reader, a keyboard and a thumb meet there.

globalThis.readAccess = () => {
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true });
  const all = [...document.querySelectorAll("*")];
  const ids = all.map(({ id }) => id).filter(Boolean);
  const references = ["for", "aria-labelledby", "aria-describedby", "aria-controls"].flatMap((attribute) =>
    all.flatMap((element) => (element.getAttribute(attribute) ?? "").split(" ").filter(Boolean)),
  );
  const nameOf = (element) =>
    element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent;
  const controls = [...document.querySelectorAll("button, input, a[href], summary")].filter(isShown).map((element) => {
    const { width, height } = element.getBoundingClientRect();
    const name = element instanceof HTMLButtonElement ? (element.ariaLabel ?? element.textContent) : nameOf(element);
    return { what: element.outerHTML.slice(0, 80), name: name.trim(), width, height };
  });
  const headingLevels = [...document.querySelectorAll("h1, h2, h3, h4")]
    .filter(isShown)
    .map(({ tagName }) => Number(tagName[1]));
  return {
    language: document.documentElement.lang,
    title: document.title,
    headingLevels,
    skippedHeadings: headingLevels.filter((level, at) => level > (headingLevels[at - 1] ?? 0) + 1),
    duplicateIds: ids.filter((id, at) => ids.indexOf(id) !== at),
    danglingReferences: references.filter((id) => !document.getElementById(id)),
    mains: document.querySelectorAll("main").length,
    controls,
    scrollsSideways: document.documentElement.scrollWidth > window.innerWidth,
  };
};

const parseColor = (color) => {
  const [red = 0, green = 0, blue = 0, alpha = 1] = (color.match(/[\d.]+/g) ?? []).map(Number);
  return { red, green, blue, alpha };
};

/** Relative luminance, as WCAG defines it. */
const lightOf = ({ red, green, blue }) => {
  const channel = (value) => {
    const part = value / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
};

const groundOf = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const color = parseColor(getComputedStyle(at).backgroundColor);
    if (color.alpha > 0) return color;
  }
  return parseColor("rgb(255, 255, 255)");
};

/** Texts whose contrast with what is behind them is below 4.5 to 1. */
globalThis.readFaintTexts = () =>
  [...document.querySelectorAll("body *")]
    .filter((element) => element.checkVisibility())
    .filter(({ childNodes }) => [...childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()))
    .map((element) => {
      const [dark, bright] = [parseColor(getComputedStyle(element).color), groundOf(element)]
        .map(lightOf)
        .sort((a, b) => a - b);
      return { element, ratio: (bright + 0.05) / (dark + 0.05) };
    })
    .filter(({ ratio }) => ratio < 4.5)
    .map(({ element, ratio }) => `${element.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);

globalThis.readWeight = () => {
  const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  return {
    bytes: entries.reduce((sum, { transferSize }) => sum + transferSize, 0),
    requests: entries.length,
    drawnMs: paint?.startTime ?? -1,
  };
};
