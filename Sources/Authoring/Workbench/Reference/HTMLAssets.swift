/// The style and the script of the reference's page.
enum HTMLAssets {
  static let style = """

    :root { color-scheme: light dark; --line: #8884; --accent: #0a6; }
    * { box-sizing: border-box; }
    body { margin: 0; font: 15px/1.5 system-ui, sans-serif; display: grid;
      grid-template: auto 1fr / 17rem minmax(0, 1fr); min-height: 100vh; }
    header { grid-column: 1 / 3; position: sticky; top: 0; display: flex; gap: 1rem;
      align-items: center; padding: .6rem 1.2rem; border-bottom: 1px solid var(--line);
      background: Canvas; z-index: 1; }
    h1 { font-size: 1.1rem; margin: 0; }
    input { font: inherit; padding: .3rem .6rem; width: min(30rem, 60vw); }
    output { opacity: .7; }
    nav { border-right: 1px solid var(--line); padding: 1rem; overflow: auto; position: sticky;
      top: 3.2rem; max-height: calc(100vh - 3.2rem); }
    nav ul { list-style: none; margin: 0; padding: 0; }
    nav li { padding: .15rem 0; }
    nav small { display: block; opacity: .7; }
    main { padding: 1rem 1.6rem; max-width: 60rem; }
    article { border-bottom: 1px solid var(--line); padding-bottom: 1.4rem; margin-bottom: 1.4rem;
      scroll-margin-top: 4rem; }
    a { color: var(--accent); text-decoration: none; }
    h2 { margin: .4rem 0; font-size: 1.25rem; }
    h3 { margin: 1rem 0 .3rem; font-size: 1rem; }
    .risk { font-size: .8rem; font-weight: normal; border: 1px solid var(--line);
      border-radius: 1rem; padding: .1rem .6rem; }
    .title { font-weight: 600; margin: .2rem 0; }
    dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; }
    dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
    table { border-collapse: collapse; width: 100%; }
    th, td { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0;
      border-top: 1px solid var(--line); overflow-wrap: anywhere; }
    td small { display: block; opacity: .7; }
    pre { overflow: auto; padding: .7rem; background: #8881; border-radius: .3rem; }
    [hidden] { display: none; }
    @media (max-width: 50rem) { body { display: block; } nav { display: none; } }

    """

  /// Filters by words: a tool is shown if all of them are somewhere in its text.
  static let script = """

    "use strict";
    (() => {
      const search = document.getElementById("search");
      const count = document.getElementById("count");
      const articles = [...document.querySelectorAll("article")];
      const items = new Map(
        [...document.querySelectorAll("nav li")].map((item) => [item.dataset.key, item]));
      const texts = articles.map((article) => article.textContent.toLowerCase());
      const filter = () => {
        const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
        let shown = 0;
        articles.forEach((article, index) => {
          const fits = words.every((word) => texts[index].includes(word));
          article.hidden = !fits;
          const item = items.get(article.id);
          if (item) { item.hidden = !fits; }
          if (fits) { shown += 1; }
        });
        count.textContent = shown === articles.length
          ? String(shown) : shown + " of " + articles.length;
      };
      search.addEventListener("input", filter);
      document.addEventListener("keydown", (event) => {
        if (event.key === "/" && document.activeElement !== search) {
          event.preventDefault();
          search.focus();
        } else if (event.key === "Escape" && document.activeElement === search) {
          search.value = "";
          filter();
        }
      });
      filter();
    })();

    """
}
