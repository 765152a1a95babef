extension DashboardScript {
    /// The list of trajectories and one of them.
    static let rollouts = #"""
        const VERDICTS = ['accepted', 'wrong_answer', 'runtime_error', 'time_limit', 'memory_limit', 'output_limit', 'compile_error', 'infrastructure_failure'];
        async function search(more, isWanted = () => true) {
          const last = more && state.rows.at(-1);
          const page = await ask('rollouts', { run: state.chosen[0], ...state.filter, ...(last ? { before: last.step, slot: last.slot } : {}) });
          if (!isWanted()) return null;
          state.rows = more ? state.rows.concat(page.rows) : page.rows;
          state.more = page.more;
          return page;
        }
        function filterBar(again) {
          const set = (name, value) => { state.filter[name] = value; remember(); again(); };
          const select = make('select', { id: 'verdict', onchange: e => set('verdict', e.target.value) }, make('option', { value: '' }, 'any'), ...VERDICTS.map(v => make('option', { value: v, selected: state.filter.verdict === v }, v.replaceAll('_', ' '))));
          const input = (name, label, type) => make('label', {}, label, make('input', { type, step: 'any', name, value: state.filter[name] || '', size: type === 'text' ? 18 : null, onchange: e => set(name, e.target.value) }));
          return make('form', { class: 'bar', onsubmit: e => { e.preventDefault(); again(); } },
            make('label', {}, 'verdict', select), input('problem', 'problem begins with', 'text'), input('least', 'reward from', 'number'), input('greatest', 'to', 'number'), input('first', 'step from', 'number'), input('last', 'to', 'number'),
            make('button', { type: 'button', onclick: () => { state.filter = {}; remember(); show(); } }, 'Clear'));
        }
        function rolloutTable() {
          const body = make('tbody');
          for (const row of state.rows) {
            const open = () => openRollout(row.step, row.slot);
            body.append(make('tr', { tabindex: '0', 'data-key': row.step + ',' + row.slot, onclick: open, onkeydown: e => { if (e.key === 'Enter') open(); } },
              make('td', {}, String(row.step)), make('td', { class: 'optional' }, String(row.slot)), make('td', { class: 'left ' + verdictClass(row.verdict) }, row.verdict.replaceAll('_', ' ')),
              make('td', {}, number(row.score)), make('td', {}, row.passed + ' of ' + row.total), make('td', { class: 'optional' }, row.tokens + (row.finished ? '' : ' cut')), make('td', { class: 'left' }, shown(row.problem))));
          }
          return make('div', { class: 'scroll' }, make('table', { id: 'rollouts' }, make('thead', {}, make('tr', {}, ...[['step'], ['slot', 'optional'], ['verdict', 'left'], ['reward'], ['tests'], ['tokens', 'optional'], ['problem', 'left']].map(([t, c]) => make('th', { class: c, scope: 'col' }, t)))), body));
        }
        async function rolloutsView(view, isCurrent) {
          if (state.open) return rolloutView(view, isCurrent);
          const list = make('div', { id: 'list' });
          // Who filters faster than the server answers gets what was asked for last.
          let searches = 0;
          const again = async () => {
            const mine = ++searches, asked = JSON.stringify(state.filter);
            try {
              const page = await search(false, () => isCurrent() && mine === searches);
              if (!page) return;
              renderList(list, page);
              list.dataset.shown = asked;
            } catch (error) { list.replaceChildren(make('p', { class: 'bad' }, String(error.message))); }
          };
          view.replaceChildren(make('p', { class: 'soft' }, 'What the policy wrote, newest first, of run ', make('b', {}, state.runs[state.chosen[0]]?.name || '')), filterBar(again), list);
          await again();
        }
        function renderList(list, page) {
          const more = make('button', { onclick: async () => { const next = await search(true); renderList(list, next); } }, 'More');
          list.replaceChildren(state.rows.length ? rolloutTable() : make('p', {}, page.ledger ? 'No rollout is like that.' : 'This run has no ledger.'), ...(state.more ? [more] : []));
        }
        function openRollout(step, slot) { state.open = { step, slot }; remember(); show(); find('#view').focus(); }
        function neighbour(by) {
          const at = state.rows.findIndex(r => state.open && r.step === state.open.step && r.slot === state.open.slot);
          const next = state.rows[at + by];
          if (next) openRollout(next.step, next.slot);
        }
        // Lines of two texts: [' ', line], ['-', only in the first], ['+', only in the second].
        function difference(a, b) {
          const old = a.split('\n'), now = b.split('\n');
          if (old.length > 800 || now.length > 800) return null;
          const longest = Array.from({ length: old.length + 1 }, () => new Uint16Array(now.length + 1));
          for (let i = old.length - 1; i >= 0; i--) for (let j = now.length - 1; j >= 0; j--) longest[i][j] = old[i] === now[j] ? longest[i + 1][j + 1] + 1 : Math.max(longest[i + 1][j], longest[i][j + 1]);
          const out = [];
          let i = 0, j = 0;
          while (i < old.length || j < now.length) {
            if (i < old.length && j < now.length && old[i] === now[j]) { out.push([' ', old[i]]); i++; j++; }
            else if (j < now.length && (i >= old.length || longest[i][j + 1] >= longest[i + 1][j])) out.push(['+', now[j++]]);
            else out.push(['-', old[i++]]);
          }
          return out;
        }
        function diffBlock(title, a, b) {
          const lines = difference(a, b);
          const block = lines ? make('pre', {}, ...lines.map(([mark, line]) => make('span', { class: { ' ': 'same', '+': 'add', '-': 'del' }[mark] }, mark + ' ', shown(line), '\n'))) : make('pre', {}, shown(b));
          return make('section', {}, make('h2', {}, title), a === b ? make('p', { class: 'soft' }, 'The same text.') : null, block);
        }
        const MEASURES = {
          advantages: ['advantage', 'orange: better than expected, blue: worse'], logprobs: ['log-probability', 'the darker, the less likely the token was'],
          values: ['value', 'orange: more reward expected from here on, blue: less'], kl: ['log-ratio to the reference', 'orange: likelier than under the reference policy, blue: less likely'],
        };
        function tokenBlock(tokens) {
          const measures = { ...tokens, kl: tokens.logprobs.map((l, i) => l - tokens.reference[i]) };
          const text = make('pre', { id: 'tokens' }), legend = make('p', { class: 'soft' }), reading = make('p', { class: 'soft', 'aria-live': 'polite' }, 'Point at a token, or move through them with the arrow keys.');
          const spans = tokens.pieces.map((piece, i) => {
            const read = () => { reading.textContent = `token ${i + 1} of ${tokens.pieces.length}: ` + Object.entries(MEASURES).map(([key, [label]]) => label + ' ' + number(measures[key][i])).join(', '); };
            return make('span', { class: 'token', tabindex: i ? '-1' : '0', onpointerenter: read, onfocus: read }, shown(piece));
          });
          text.append(...spans);
          text.onkeydown = e => {
            const at = spans.indexOf(document.activeElement), to = spans[at + ({ ArrowRight: 1, ArrowLeft: -1 }[e.key] || 0)];
            if (at >= 0 && to && to !== spans[at]) { e.preventDefault(); to.focus(); }
          };
          const colour = key => {
            const values = measures[key];
            const size = Math.max(1e-9, ...values.map(v => Math.abs(v ?? 0)));
            spans.forEach((span, i) => {
              const share = (values[i] ?? 0) / size;
              const hue = key === 'logprobs' ? '179, 38, 30' : share >= 0 ? '217, 120, 0' : '30, 110, 210';
              span.style.backgroundColor = `rgba(${hue}, ${(0.42 * Math.abs(share)).toFixed(3)})`;
            });
            legend.textContent = `${MEASURES[key][1]} (greatest ${number(size)})`;
          };
          const select = make('select', { id: 'measure', onchange: e => colour(e.target.value) }, ...Object.entries(MEASURES).map(([key, [label]]) => make('option', { value: key }, label)));
          colour('advantages');
          return make('section', {}, make('h2', {}, 'Completion by token'), make('label', {}, 'colour', select), legend, text, reading);
        }
        function testsBlock(found) {
          const reports = found.testReports ? JSON.parse(found.testReports) : [];
          if (!reports.length && !found.tests) return null;
          const rows = Array.from({ length: Math.max(reports.length, (found.tests || []).length) }, (_, i) => {
            const verdict = reports[i] ? reports[i].verdict || 'not run' : '–';
            return make('tr', {}, make('td', {}, String(i + 1)), make('td', { class: 'left ' + (reports[i] ? verdictClass(verdict) : '') }, verdict.replaceAll('_', ' ')), make('td', { class: 'left' }, shown((found.tests || [])[i] || '')));
          });
          return make('section', {}, make('h2', {}, 'Tests'), make('div', { class: 'scroll' }, make('table', {}, make('thead', {}, make('tr', {}, make('th', {}, 'test'), make('th', { class: 'left' }, 'verdict'), make('th', { class: 'left' }, 'what it does'))), make('tbody', {}, ...rows))));
        }
        async function rolloutView(view, isCurrent) {
          const { step, slot } = state.open;
          const back = make('button', { onclick: closeRollout }, '← All rollouts');
          let found;
          try { found = await ask('rollout', { run: state.chosen[0], step, slot }); } catch (error) { view.replaceChildren(back, make('p', { class: 'bad' }, String(error.message))); return; }
          if (!isCurrent()) return;
          const row = found.row[0];
          const fact = (name, value, kind) => make('span', { class: 'nowrap' }, make('span', { class: 'soft' }, name + ' '), make('b', { class: kind || '' }, value));
          put(view,
            make('div', { class: 'bar' }, back, make('button', { onclick: () => neighbour(-1) }, 'Newer (k)'), make('button', { onclick: () => neighbour(1) }, 'Older (j)')),
            make('h2', {}, shown(row.problem)),
            make('div', { class: 'bar' }, fact('verdict', row.verdict.replaceAll('_', ' '), verdictClass(row.verdict)), fact('reward', number(row.score)), fact('tests', row.passed + ' of ' + row.total), fact('step', String(row.step)), fact('slot', String(row.slot)), fact('tokens', row.tokens + (row.finished ? '' : ', cut at the limit'))),
            found.prompt !== undefined ? make('section', {}, make('h2', {}, 'Source'), make('pre', {}, shown(found.prompt))) : null,
            found.tokens ? tokenBlock(found.tokens) : make('section', {}, make('h2', {}, 'Completion'), make('pre', { id: 'completion' }, shown(found.completion))),
            found.diagnostics ? make('section', {}, make('h2', {}, 'Diagnostics'), make('pre', { id: 'diagnostics' }, shown(found.diagnostics))) : null,
            testsBlock(found),
            make('div', { class: 'two' },
              found.reference ? diffBlock('From the reference to this completion', found.reference, found.completion) : null,
              found.previous ? diffBlock(`From the answer of step ${found.previous.step} (${found.previous.verdict.replaceAll('_', ' ')}) to this one`, found.previous.completion, found.completion) : null));
        }
        function closeRollout() { state.open = null; remember(); show(); }

        """#
}
