/// The page's script, in parts; see ``DashboardPage``.
enum DashboardScript {
    /// Elements, texts, what is chosen, and asking the server.
    static let base = #"""
        'use strict';
        const SVG = 'http://www.w3.org/2000/svg';
        const find = (selector, root = document) => root.querySelector(selector);
        function fill(node, attributes, children) {
          for (const [name, value] of Object.entries(attributes || {})) {
            if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
            else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? '' : value);
          }
          node.append(...children.flat().filter(child => child !== null && child !== undefined));
          return node;
        }
        const make = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
        const draw = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
        const put = (node, ...children) => node.replaceChildren(...children.filter(child => child !== null && child !== undefined));
        // What a model wrote may turn the direction of text or hide in it: such characters are shown by their number.
        const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ue000-\uf8ff]/;
        function shown(text) {
          const out = [];
          let rest = text;
          for (let at = rest.search(HIDDEN); at >= 0 && out.length < 4000; at = rest.search(HIDDEN)) {
            if (at > 0) out.push(rest.slice(0, at));
            const code = rest.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0');
            out.push(make('span', { class: 'ctl' }, '⟨U+' + code + '⟩'));
            rest = rest.slice(at + 1);
          }
          out.push(rest);
          return out;
        }
        function number(value) {
          if (value === null || value === undefined || !Number.isFinite(value)) return '–';
          const size = Math.abs(value);
          if (value === 0) return '0';
          if (size >= 1e6 || size < 1e-3) return value.toExponential(2);
          if (Number.isInteger(value)) return String(value);
          return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(3);
        }
        // For axes, which have room for six characters.
        function short(value) {
          const size = Math.abs(value);
          for (const [unit, letter] of [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e4, 'k']]) if (size >= unit) return +(value / (unit === 1e4 ? 1e3 : unit)).toPrecision(3) + letter;
          return size > 0 && size < 1e-3 ? value.toExponential(1).replace('.0e', 'e') : number(+value.toPrecision(6));
        }
        const percent = value => value === null || value === undefined ? '–' : (100 * value).toFixed(1) + ' %';
        function since(seconds) {
          if (seconds < 90) return seconds.toFixed(seconds < 10 ? 1 : 0) + ' s';
          if (seconds < 5400) return Math.round(seconds / 60) + ' min';
          return Math.round(seconds / 3600) + ' h';
        }
        const verdictClass = verdict => verdict === 'accepted' ? 'good' : verdict === 'compile_error' || verdict === 'infrastructure_failure' ? 'bad' : 'half';
        const state = { runs: [], chosen: [], tab: 'learning', smooth: 0, series: new Map(), overview: null, filter: {}, rows: [], more: false, open: null, turn: 0 };
        async function ask(path, parameters) {
          const query = new URLSearchParams(Object.entries(parameters || {}).filter(([, v]) => v !== '' && v !== null && v !== undefined));
          const answer = await fetch('/api/' + path + (parameters ? '?' + query : ''));
          if (!answer.ok) throw new Error((await answer.text()).slice(0, 300));
          return answer.json();
        }
        function say(text) { find('#state').textContent = text; }
        function remember() {
          const parts = new URLSearchParams({ tab: state.tab, runs: state.chosen.join(',') });
          if (state.smooth) parts.set('smooth', state.smooth);
          for (const [name, value] of Object.entries(state.filter)) if (value) parts.set(name, value);
          if (state.open) parts.set('open', state.open.step + ',' + state.open.slot);
          history.replaceState(null, '', '#' + parts);
        }
        function recall() {
          const parts = new URLSearchParams(location.hash.slice(1));
          state.tab = parts.get('tab') || 'learning';
          state.smooth = Number(parts.get('smooth')) || 0;
          state.chosen = (parts.get('runs') || '').split(',').filter(x => x !== '').map(Number).filter(i => state.runs[i]);
          if (!state.chosen.length && state.runs.length) state.chosen = state.runs.map(r => r.index).slice(0, 8);
          for (const name of ['verdict', 'problem', 'least', 'greatest', 'first', 'last']) if (parts.get(name)) state.filter[name] = parts.get(name);
          const open = (parts.get('open') || '').split(',').map(Number);
          if (open.length === 2) state.open = { step: open[0], slot: open[1] };
        }

        """#

    /// Curves and layers as SVG, with a cursor that mouse and arrow keys move.
    static let chart = #"""
        function smoothed(values, weight) {
          if (!weight) return values;
          let mean = 0, norm = 0;
          return values.map(v => { mean = weight * mean + (1 - weight) * v; norm = weight * norm + (1 - weight); return mean / norm; });
        }
        function ticks(low, high, count) {
          const raw = (high - low) / Math.max(1, count), power = 10 ** Math.floor(Math.log10(raw));
          const step = [1, 2, 5, 10].map(m => m * power).find(s => s >= raw) || raw;
          const out = [];
          for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-9 && out.length < 20; v += step) out.push(Math.abs(v) < step * 1e-9 ? 0 : v);
          return out;
        }
        // lines: [{ label, colour, dash, steps, values, low, high, flat }], options: { stacked, unit, zero, most }
        function chart(title, lines, options = {}) {
          const figure = make('figure');
          const canvas = draw('svg', { role: 'img', tabindex: '0', 'aria-label': title });
          const caption = make('figcaption');
          figure.append(make('h3', {}, title), canvas, caption);
          figure.redraw = () => paint(figure, canvas, caption, title, lines.filter(l => l.steps.length), options);
          return figure;
        }
        function layers(lines) {
          const steps = [...new Set(lines.flatMap(l => l.steps))].sort((a, b) => a - b);
          const up = steps.map(() => 0), down = steps.map(() => 0);
          return lines.map(line => {
            const at = new Map(line.steps.map((s, i) => [s, line.values[i]]));
            const from = [], to = [];
            steps.forEach((s, i) => {
              const v = at.get(s) ?? 0;
              if (v >= 0) { from.push(up[i]); up[i] += v; to.push(up[i]); } else { from.push(down[i]); down[i] += v; to.push(down[i]); }
            });
            return { ...line, steps, from, to };
          });
        }
        function paint(figure, canvas, caption, title, lines, options) {
          canvas.replaceChildren();
          const width = Math.max(240, canvas.clientWidth || 420), height = 190, left = 46, right = 14, top = 8, bottom = 20;
          canvas.setAttribute('viewBox', `0 0 ${width} ${height}`);
          if (!lines.length) { caption.textContent = 'This run has no such number yet.'; return; }
          const smooth = options.stacked ? lines : lines.map(l => ({ ...l, drawn: l.flat ? l.values : smoothed(l.values, state.smooth) }));
          const stacked = options.stacked ? layers(lines) : null;
          const all = stacked ? stacked.flatMap(l => [...l.from, ...l.to]) : smooth.flatMap(l => [...l.drawn, ...(l.low && !state.smooth ? [...l.low, ...l.high] : [])]);
          let low = Infinity, high = -Infinity;
          for (const v of all) { if (v < low) low = v; if (v > high) high = v; }
          if (options.zero) { low = Math.min(0, low); high = Math.max(0, high); }
          if (options.most !== undefined) high = Math.max(high, options.most);
          if (options.zero && high === 0 && low === 0) high = 1;
          if (high - low < 1e-12) { const pad = Math.abs(high) * .1 || 1; low -= pad; high += pad; }
          let first = Infinity, last = -Infinity;
          for (const l of lines) { first = Math.min(first, l.steps[0]); last = Math.max(last, l.steps[l.steps.length - 1]); }
          if (last <= first) last = first + 1;
          const x = s => left + (s - first) / (last - first) * (width - left - right);
          const y = v => top + (high - v) / (high - low) * (height - top - bottom);
          for (const v of ticks(low, high, 4)) {
            canvas.append(draw('line', { class: 'axis', x1: left, x2: width - right, y1: y(v), y2: y(v) }), draw('text', { x: left - 5, y: y(v) + 4, 'text-anchor': 'end' }, short(v)));
          }
          for (const s of ticks(first, last, Math.floor(width / 110))) canvas.append(draw('text', { x: Math.min(x(s), width - 3 - 3.5 * String(Math.round(s)).length), y: height - 5, 'text-anchor': 'middle' }, String(Math.round(s))));
          const path = (steps, values) => steps.map((s, i) => (i ? 'L' : 'M') + x(s).toFixed(1) + ' ' + y(values[i]).toFixed(1)).join('');
          const area = (steps, a, b) => path(steps, b) + steps.map((_, i) => { const j = steps.length - 1 - i; return 'L' + x(steps[j]).toFixed(1) + ' ' + y(a[j]).toFixed(1); }).join('') + 'Z';
          if (stacked) for (const l of stacked) canvas.append(draw('path', { class: 'layer f' + l.colour, d: area(l.steps, l.from, l.to) }));
          else for (const l of smooth) {
            if (l.low && !state.smooth) canvas.append(draw('path', { class: 'band f' + l.colour, d: area(l.steps, l.low, l.high) }));
            const steps = l.flat ? [first, last] : l.steps, values = l.flat ? [l.drawn.at(-1), l.drawn.at(-1)] : l.drawn;
            canvas.append(values.length === 1
              ? draw('circle', { class: 'f' + l.colour, cx: x(steps[0]), cy: y(values[0]), r: 3 })
              : draw('path', { class: `curve c${l.colour} d${l.dash || 0}`, d: path(steps, values) }));
          }
          const cursor = draw('line', { class: 'cursor', x1: -9, x2: -9, y1: top, y2: height - bottom });
          canvas.append(cursor);
          const sample = (l, step) => {
            let a = 0, b = l.steps.length - 1;
            while (a < b) { const m = (a + b) >> 1; if (l.steps[m] < step) a = m + 1; else b = m; }
            if (a > 0 && Math.abs(l.steps[a - 1] - step) < Math.abs(l.steps[a] - step)) a -= 1;
            return (l.drawn || l.values)[a];
          };
          const read = step => {
            caption.replaceChildren(make('span', { class: 'key' }, step === null ? 'now' : 'step ' + Math.round(step)), ...lines.map((l, i) => {
              const line = stacked ? l : smooth[i];
              const value = step === null ? (line.drawn || line.values).at(-1) : sample(line, step);
              const mark = draw('svg', { viewBox: '0 0 22 8', 'aria-hidden': 'true' }, stacked ? draw('rect', { class: 'f' + l.colour, width: 22, height: 8 }) : draw('line', { class: `curve c${l.colour} d${l.dash || 0}`, x1: 0, x2: 22, y1: 4, y2: 4 }));
              return make('span', { class: 'key' }, mark, ' ' + l.label + ' ' + (options.unit === 'ratio' ? percent(value) : number(value)));
            }));
            cursor.setAttribute('x1', step === null ? -9 : x(step));
            cursor.setAttribute('x2', step === null ? -9 : x(step));
          };
          let at = null;
          const clamp = s => Math.min(last, Math.max(first, s));
          canvas.onpointermove = e => { const box = canvas.getBoundingClientRect(); read(at = clamp(first + ((e.clientX - box.left) * width / box.width - left) / (width - left - right) * (last - first))); };
          canvas.onpointerleave = canvas.onblur = () => read(at = null);
          canvas.onkeydown = e => {
            const by = { ArrowLeft: -1, ArrowRight: 1, PageDown: 10, PageUp: -10 }[e.key];
            if (!by) return;
            e.preventDefault();
            read(at = clamp((at ?? last) + by * Math.max(1, (last - first) / 100)));
          };
          const words = lines.slice(0, 12).map(l => l.label + ' ' + number(l.values.at(-1))).join(', ');
          canvas.setAttribute('aria-label', `${title}, steps ${first} to ${last}: ${words}`);
          read(null);
        }

        """#
}
