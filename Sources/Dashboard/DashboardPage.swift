/// The page: its own document, style and script, and nothing from anywhere else.
///
/// They are texts of the executable, so that it can be copied anywhere; the content-security policy of the server lets
/// nothing else in. The script puts every text of a run into text nodes and never makes tags of it.
package enum DashboardPage {
    package static let document = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>PPOCoder</title>
        <link rel="icon" href="data:,">
        <link rel="stylesheet" href="/style.css">
        <script src="/page.js" defer></script>
        </head>
        <body>
        <a class="skip" href="#view">To the view</a>
        <header>
        <h1>PPOCoder</h1>
        <div id="runs" role="group" aria-label="Runs"></div>
        <p id="state" role="status"></p>
        </header>
        <nav id="tabs" aria-label="Views"></nav>
        <div id="warnings" role="alert"></div>
        <main id="view" tabindex="-1"><noscript>This page needs its own script.</noscript></main>
        <footer>Keys: 1 … 6 views, j and k rollouts, Escape back, ? all keys.</footer>
        </body>
        </html>

        """

    package static let script =
        DashboardScript.base + DashboardScript.chart + DashboardScript.rollouts + DashboardScript.views

    package static let style = """
        :root {
          --back: #ffffff; --panel: #f6f7f9; --text: #16191d; --soft: #525a66; --line: #c9ced6; --accent: #0b5cad;
          --good: #1a6e36; --half: #8a5a00; --bad: #b3261e;
          --s0: #0b5cad; --s1: #b14a00; --s2: #1a6e36; --s3: #8a2a83; --s4: #8a6100; --s5: #0d6b73; --s6: #a3264d; --s7: #4d5563;
          --add: #d6f0dd; --del: #fadcd9;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --back: #111418; --panel: #1a1f26; --text: #e8ebef; --soft: #a9b2bf; --line: #3a424d; --accent: #7cb8ff;
            --good: #6fd08c; --half: #e5b454; --bad: #ff8f85;
            --s0: #7cb8ff; --s1: #ffa066; --s2: #6fd08c; --s3: #e394dc; --s4: #e5c454; --s5: #5fcbd3; --s6: #ff8fb0; --s7: #a9b2bf;
            --add: #1d3b27; --del: #47211f;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--back); color: var(--text); font: 15px/1.45 system-ui, sans-serif; }
        header, nav, main, footer, #warnings { max-width: 1500px; margin: 0 auto; padding: 0 16px; }
        header { display: flex; flex-wrap: wrap; gap: 4px 20px; align-items: center; padding-top: 10px; }
        h1 { font-size: 1.15rem; margin: 0; } h2 { font-size: 1.05rem; margin: 18px 0 8px; } h3 { font-size: .95rem; margin: 0; }
        #runs { display: flex; flex-wrap: wrap; gap: 4px 14px; } #state { margin: 0; color: var(--soft); }
        footer { color: var(--soft); padding-top: 16px; padding-bottom: 24px; }
        a { color: var(--accent); }
        .skip { position: absolute; left: -9999px; } .skip:focus { left: 8px; top: 8px; background: var(--back); padding: 6px; z-index: 5; }
        #view:focus { outline: none; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        nav { display: flex; flex-wrap: wrap; gap: 4px; border-bottom: 1px solid var(--line); margin-top: 8px; }
        nav button { border: 0; background: none; color: var(--soft); padding: 8px 12px; border-bottom: 3px solid transparent; font: inherit; cursor: pointer; }
        nav button[aria-current] { color: var(--text); border-bottom-color: var(--accent); font-weight: 600; }
        button, select, input { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: 5px 9px; }
        button { cursor: pointer; } input[type=checkbox], input[type=range] { padding: 0; accent-color: var(--accent); }
        label { color: var(--soft); display: inline-flex; gap: 6px; align-items: center; }
        .bar { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; margin: 12px 0; }
        .bar input[type=number] { width: 6.5rem; }
        .grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(420px, 100%), 1fr)); gap: 14px; margin: 12px 0; }
        figure { margin: 0; background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 10px 12px 6px; min-width: 0; }
        figure svg { display: block; width: 100%; height: 190px; overflow: hidden; }
        figcaption { color: var(--soft); font-size: .85rem; min-height: 2.6em; overflow-wrap: anywhere; }
        figcaption .key { display: inline-block; max-width: 100%; margin-right: 12px; } h3 { overflow-wrap: anywhere; } figcaption svg { display: inline; width: 22px; height: 8px; }
        svg text { fill: var(--soft); font: 11px system-ui, sans-serif; }
        .axis { stroke: var(--line); stroke-width: 1; } .cursor { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 2 2; }
        .curve { fill: none; stroke-width: 1.7; stroke-linejoin: round; } .band { stroke: none; opacity: .14; }
        .d1 { stroke-dasharray: 6 3; } .d2 { stroke-dasharray: 2 3; } .d3 { stroke-dasharray: 8 3 2 3; }
        .layer { stroke: var(--panel); stroke-width: .5; }
        .c0 { stroke: var(--s0); } .c1 { stroke: var(--s1); } .c2 { stroke: var(--s2); } .c3 { stroke: var(--s3); } .c4 { stroke: var(--s4); } .c5 { stroke: var(--s5); } .c6 { stroke: var(--s6); } .c7 { stroke: var(--s7); }
        .f0 { fill: var(--s0); } .f1 { fill: var(--s1); } .f2 { fill: var(--s2); } .f3 { fill: var(--s3); } .f4 { fill: var(--s4); } .f5 { fill: var(--s5); } .f6 { fill: var(--s6); } .f7 { fill: var(--s7); }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
        th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
        th { color: var(--soft); font-weight: 600; } th:first-child, td:first-child, .left { text-align: left; }
        tr[tabindex] { cursor: pointer; } tbody tr[tabindex]:hover, tr[aria-selected=true] { background: var(--panel); }
        tr[tabindex]:focus-visible { outline-offset: -2px; }
        td.left { max-width: 420px; overflow: hidden; text-overflow: ellipsis; }
        .warning { margin: 10px 0 0; padding: 8px 12px; border-left: 4px solid var(--bad); background: var(--panel); }
        .warning b { color: var(--bad); }
        .good { color: var(--good); } .half { color: var(--half); } .bad { color: var(--bad); }
        pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: 10px 12px; margin: 6px 0; overflow-x: auto; max-height: 28rem; font: 13px/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
        .ctl { color: var(--bad); } .add { background: var(--add); display: block; } .del { background: var(--del); display: block; } .same { display: block; }
        .token { border-radius: 2px; } .token:focus-visible { outline-offset: 0; }
        .two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(480px, 100%), 1fr)); gap: 0 18px; }
        .soft { color: var(--soft); } .big { font-size: 1.1rem; margin: 12px 0; } .nowrap { white-space: nowrap; }
        dialog { color: var(--text); background: var(--back); border: 1px solid var(--line); border-radius: 8px; }
        @media (max-width: 600px) { body { font-size: 14px; } header, nav, main, footer, #warnings { padding-left: 10px; padding-right: 10px; } nav button { padding: 8px 7px; } th, td { padding: 5px 6px; } .optional { display: none; } td.left { max-width: 40vw; } }
        @media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
        """
}
