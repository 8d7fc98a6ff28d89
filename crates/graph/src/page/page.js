"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const svg = document.getElementById("drawing");
  const search = document.getElementById("search");
  const found = document.getElementById("found");
  const panel = document.getElementById("details");
  const help = document.getElementById("keys");
  const whole = svg.viewBox.baseVal;
  const size = { width: whole.width, height: whole.height };
  const elements = data.nodes.map((_, at) => document.getElementById("n" + at));
  const lines = data.edges.map((_, at) => document.getElementById("e" + at));
  const edgesOf = data.nodes.map(() => []);
  data.edges.forEach(([from, to], at) => {
    edgesOf[from].push(at);
    if (to !== from) edgesOf[to].push(at);
  });
  let matches = [];
  let current = -1;
  let chosen = null;

  // The visible part of the drawing.
  let view = { x: 0, y: 0, width: size.width, height: size.height };
  const show = () => svg.setAttribute("viewBox", [view.x, view.y, view.width, view.height].join(" "));
  const fit = () => {
    view = { x: 0, y: 0, width: size.width, height: size.height };
    show();
  };
  const scale = () => Math.min(svg.clientWidth / view.width, svg.clientHeight / view.height) || 1;
  const point = (event) => {
    const matrix = svg.getScreenCTM();
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
  };
  const zoom = (factor, center) => {
    const next = scale() / factor;
    if (next > 8 || view.width * factor > size.width * 4) return;
    const at = center || { x: view.x + view.width / 2, y: view.y + view.height / 2 };
    view = {
      x: at.x - (at.x - view.x) * factor,
      y: at.y - (at.y - view.y) * factor,
      width: view.width * factor,
      height: view.height * factor,
    };
    show();
  };
  const move = (x, y) => {
    view.x += x;
    view.y += y;
    show();
  };
  const box = (at) => {
    const matrix = elements[at].transform.baseVal.consolidate().matrix;
    const inner = elements[at].getBBox();
    return { x: matrix.e, y: matrix.f, width: inner.width, height: inner.height };
  };
  // Moves a node that is not visible to the middle, with legible text.
  const reveal = (at) => {
    const { x, y, width, height } = box(at);
    if (scale() < 0.7) zoom(scale() / 0.9);
    const inside = x > view.x && y > view.y
      && x + width < view.x + view.width && y + height < view.y + view.height;
    if (!inside) {
      move(x + width / 2 - view.x - view.width / 2, y + height / 2 - view.y - view.height / 2);
    }
  };

  // Lights nodes and edges, and dims the others; lights nothing if there are none.
  const light = (nodes, edges) => {
    svg.classList.toggle("dimmed", nodes !== null);
    elements.forEach((element, at) => element.classList.toggle("lit", nodes !== null && nodes.has(at)));
    lines.forEach((line, at) => line && line.classList.toggle("lit", edges.has(at)));
  };
  const relight = () => {
    if (chosen !== null) {
      const edges = new Set(edgesOf[chosen]);
      const nodes = new Set([chosen]);
      for (const at of edges) nodes.add(data.edges[at][0]).add(data.edges[at][1]);
      light(nodes, edges);
    } else if (search.value.trim() !== "") {
      light(new Set(matches), new Set());
    } else {
      light(null, new Set());
    }
  };

  const add = (parent, name, text, className) => {
    const element = document.createElement(name);
    element.textContent = text;
    if (className) element.className = className;
    parent.append(element);
    return element;
  };
  const details = (at) => {
    const node = data.nodes[at];
    panel.replaceChildren();
    add(panel, "p", node.kind, "kind");
    add(panel, "h2", node.name);
    for (const [name, values] of node.rows) {
      add(panel, "h3", name);
      for (const value of values) add(panel, "p", value, "line");
    }
    const groups = new Map();
    for (const edge of edgesOf[at]) {
      const [from, to, kind, label] = data.edges[edge];
      const direction = from === at ? 0 : 1;
      const phrase = data.phrases[kind][direction];
      if (!groups.has(phrase)) groups.set(phrase, []);
      groups.get(phrase).push([direction === 0 ? to : from, label]);
    }
    for (const [phrase, others] of groups) {
      add(panel, "h3", phrase.charAt(0).toUpperCase() + phrase.slice(1));
      for (const [other, label] of others) {
        const text = data.nodes[other].name + (label === null ? "" : " (" + label + ")");
        add(panel, "button", text).addEventListener("click", () => {
          choose(other);
          reveal(other);
          panel.focus();
        });
      }
    }
    panel.scrollTop = 0;
  };
  const choose = (at) => {
    if (chosen !== null) {
      elements[chosen].classList.remove("chosen");
      elements[chosen].setAttribute("aria-pressed", "false");
    }
    chosen = at;
    if (at === null) {
      panel.replaceChildren(help);
    } else {
      elements[at].classList.add("chosen");
      elements[at].setAttribute("aria-pressed", "true");
      details(at);
    }
    relight();
  };

  const find = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    const fits = (node) => words.every((word) => node.search.includes(word));
    matches = words.length === 0 ? [] : [...data.nodes.keys()].filter((at) => fits(data.nodes[at]));
    current = -1;
    elements.forEach((element) => element.classList.remove("match"));
    for (const at of matches) elements[at].classList.add("match");
    const number = matches.length === 1 ? "1 match" : matches.length + " matches";
    found.textContent = words.length === 0 ? "" : number;
    choose(null);
  };
  const next = (step) => {
    if (matches.length === 0) return;
    const before = current < 0 && step < 0 ? 0 : current;
    current = (before + step + matches.length) % matches.length;
    found.textContent = current + 1 + " of " + matches.length;
    choose(matches[current]);
    reveal(matches[current]);
  };
  search.addEventListener("input", find);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") next(event.shiftKey ? -1 : 1);
  });

  elements.forEach((element, at) => {
    element.setAttribute("tabindex", "0");
    element.setAttribute("role", "button");
    element.setAttribute("aria-pressed", "false");
    element.setAttribute("aria-label", data.nodes[at].kind + " " + data.nodes[at].name);
    element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        choose(at);
      }
    });
    element.addEventListener("focus", () => {
      if (element.matches(":focus-visible")) reveal(at);
    });
  });

  // A press that does not move is a click.
  let drag = null;
  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    drag = { x: event.clientX, y: event.clientY, moved: false, target: event.target };
  });
  svg.addEventListener("pointermove", (event) => {
    if (drag === null) return;
    const x = event.clientX - drag.x;
    const y = event.clientY - drag.y;
    if (!drag.moved && Math.hypot(x, y) < 4) return;
    if (!drag.moved) svg.setPointerCapture(event.pointerId);
    drag.moved = true;
    svg.classList.add("moving");
    move(-x / scale(), -y / scale());
    drag.x = event.clientX;
    drag.y = event.clientY;
  });
  const drop = (event) => {
    if (drag === null) return;
    if (!drag.moved && event.type === "pointerup") {
      const node = drag.target.closest(".node");
      choose(node === null ? null : Number(node.id.slice(1)));
    }
    drag = null;
    svg.classList.remove("moving");
  };
  svg.addEventListener("pointerup", drop);
  svg.addEventListener("pointercancel", drop);
  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(Math.max(-200, Math.min(200, event.deltaY)) / 500), point(event));
  }, { passive: false });

  document.getElementById("in").addEventListener("click", () => zoom(0.8));
  document.getElementById("out").addEventListener("click", () => zoom(1.25));
  document.getElementById("fit").addEventListener("click", fit);
  const step = () => Math.min(view.width, view.height) / 8;
  const keys = {
    "+": () => zoom(0.8),
    "=": () => zoom(0.8),
    "-": () => zoom(1.25),
    "0": fit,
    "/": () => search.focus(),
    ArrowLeft: () => move(-step(), 0),
    ArrowRight: () => move(step(), 0),
    ArrowUp: () => move(0, -step()),
    ArrowDown: () => move(0, step()),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      search.value = "";
      find();
    } else if (event.target !== search && !panel.contains(event.target) && Object.hasOwn(keys, event.key)) {
      event.preventDefault();
      keys[event.key]();
    }
  });
})();
