extension DashboardScript {
    /// The views, the keys, and keeping up with a live run.
    static let views = #"""
        // [title, [[metric, label], …], options]
        const LEARNING = [
          ['Score', [['critic/score/mean', 'training'], ['val/greedy/score', 'held out, greedy']], {}],
          ['Programs that pass', [['reward/pass_rate', 'training'], ['val/greedy/pass@1', 'held out, greedy'], ['val/sampled/pass@1', 'held out, sampled']], { unit: 'ratio', zero: true }],
          ['Programs that compile, and the ceiling of the references', [['reward/compile_rate', 'training'], ['val/greedy/compile_rate', 'held out, greedy'], ['val/gold/compile_rate', 'references', 'flat']], { unit: 'ratio' }],
          ['KL to the reference, nat per completion', [['actor/reward_kl_per_trajectory', 'KL']], { zero: true }],
          ['β, coefficient of the KL penalty', [['actor/reward_kl_penalty_coeff', 'β']], { zero: true }],
          ['Entropy, nat per token', [['actor/entropy', 'learner'], ['actor/rollout_entropy', 'sampler']], { zero: true }],
          ['Length of completions, tokens', [['response_length/mean', 'mean'], ['response_length/max', 'longest'], ['response_length/min', 'shortest']], { zero: true }],
          ['Cut at the length limit', [['response_length/clip_ratio', 'cut']], { unit: 'ratio', zero: true }],
          ['KL from the behaviour policy, nat', [['actor/ppo_kl', 'KL']], {}],
          ['Clipped tokens', [['actor/pg_clipfrac', 'policy'], ['critic/vf_clipfrac', 'value']], { unit: 'ratio', zero: true }],
          ['Losses', [['actor/pg_loss', 'policy'], ['critic/vf_loss', 'value']], {}],
          ['Variance of returns that the values explain', [['critic/vf_explained_var', 'explained']], {}],
          ['Gradient norms', [['actor/grad_norm', 'policy'], ['critic/grad_norm', 'value head']], { zero: true }],
          ['Sampler against learner, greatest log-probability difference', [['training/rollout_log_prob_diff_max', 'difference']], { zero: true }],
        ];
        const VERDICT_METRICS = VERDICTS.slice(0, 7).map(v => ['executor/verdict/' + v + '_rate', v.replaceAll('_', ' ')]);
        const REWARDS = [
          ['Reward terms, stacked', 'reward/*/mean', { stacked: true }],
          ['Verdicts, share of the batch', VERDICT_METRICS, { stacked: true, unit: 'ratio', most: 1 }],
          ['Programs that compile, and the ceiling of the references', [['reward/compile_rate', 'training'], ['val/greedy/compile_rate', 'held out, greedy'], ['val/gold/compile_rate', 'references', 'flat']], { unit: 'ratio' }],
          ['Score of the batch', [['critic/score/max', 'greatest'], ['critic/score/mean', 'mean'], ['critic/score/min', 'least']], {}],
          ['Advantages', [['critic/advantages/max', 'greatest'], ['critic/advantages/mean', 'mean'], ['critic/advantages/min', 'least']], {}],
          ['Programs that could not be judged', [['executor/infra_error_rate', 'share']], { unit: 'ratio', zero: true }],
        ];
        const TIMES = ['gen', 'update', 'update_weights'].map((n, i) => ['timing_s/' + n, ['waiting for rollouts', 'update', 'publishing weights'][i]]);
        const CLUSTER = [
          ['Idle share of each role', [['idle/learner_ratio', 'learner'], ['idle/rollout_ratio', 'rollout workers'], ['idle/executor_ratio', 'executors']], { unit: 'ratio', zero: true, most: 1 }],
          ['Where an iteration goes, seconds', TIMES, { stacked: true }],
          ['Tokens per second', [['perf/throughput', 'learnt from'], ['perf/gen_tokens_per_s', 'sampled']], { zero: true }],
          ['Programs per second', [['perf/programs_per_s', 'verdicts']], { zero: true }],
          ['Wait for a slot, seconds', [['executor/queue_wait_s/mean', 'mean'], ['executor/queue_wait_s/p95', '95 %'], ['executor/queue_wait_s/max', 'longest']], { zero: true }],
          ['Slots', [['executor/slots_total', 'all'], ['executor/slots_busy', 'busy']], { zero: true }],
          ['Weights, bytes sent per iteration', [['weights/bytes_sent', 'sent']], { zero: true }],
          ['Tried again, not judged', [['executor/retries', 'retries'], ['executor/masked_samples', 'masked']], { zero: true }],
        ];
        const METRICS = names => [...new Set([...LEARNING, ...REWARDS, ...CLUSTER].flatMap(([, m]) => m === 'reward/*/mean' ? names.filter(n => /^reward\/[^/]+\/mean$/.test(n)) : m.map(([n]) => n)))];
        function linesOf(metrics) {
          const lines = [];
          const several = state.chosen.length > 1;
          state.chosen.forEach((run, r) => {
            const found = state.series.get(run) || {};
            metrics.forEach(([name, label, kind], m) => {
              const s = found[name];
              if (!s) return;
              lines.push({ label: !several ? label : metrics.length === 1 ? state.runs[run].name : state.runs[run].name + ' ' + label, colour: (several ? r : m) % 8, dash: several ? m % 4 : kind === 'flat' ? 1 : 0, steps: s.steps, values: s.mean, low: s.low, high: s.high, flat: kind === 'flat' });
            });
          });
          return lines;
        }
        function expand(metrics) {
          if (metrics !== 'reward/*/mean') return metrics;
          const names = Object.keys(state.series.get(state.chosen[0]) || {}).filter(n => /^reward\/[^/]+\/mean$/.test(n));
          return names.map(n => [n, n.split('/')[1].replaceAll('_', ' ')]);
        }
        function charts(list) {
          const grid = make('div', { class: 'grid' });
          for (const [title, metrics, options] of list) {
            if (options.stacked && state.chosen.length > 1) {
              for (const run of state.chosen) {
                const found = state.series.get(run) || {};
                const lines = expand(metrics).filter(([n]) => found[n]).map(([n, label], m) => ({ label, colour: m % 8, steps: found[n].steps, values: found[n].mean }));
                if (lines.length) grid.append(chart(title + ': ' + state.runs[run].name, lines, options));
              }
              continue;
            }
            const lines = linesOf(expand(metrics));
            if (lines.length) grid.append(chart(title, lines, options));
          }
          if (!grid.children.length) return make('p', {}, 'There is no number yet.');
          return grid;
        }
        function redraw() { for (const figure of document.querySelectorAll('figure')) figure.redraw?.(); }
        function smoothBar() {
          return make('div', { class: 'bar' }, make('label', {}, 'smoothing', make('input', { type: 'range', id: 'smooth', min: 0, max: 0.99, step: 0.01, value: state.smooth, oninput: e => { state.smooth = Number(e.target.value); find('#amount').textContent = state.smooth.toFixed(2); remember(); redraw(); } }), make('span', { id: 'amount' }, state.smooth.toFixed(2))));
        }
        function table(head, rows) {
          return make('div', { class: 'scroll' }, make('table', {}, make('thead', {}, make('tr', {}, ...head.map(h => make('th', { scope: 'col' }, h)))), make('tbody', {}, ...rows.map(row => make('tr', {}, ...row.map(cell => make('td', {}, shown(String(cell)))))))));
        }
        function clusterView(view) {
          const o = state.overview || {}, c = o.cluster, kids = [];
          if (o.bottleneck) kids.push(make('p', { class: 'big', id: 'bottleneck' }, 'Pace: ' + o.bottleneck + '.'));
          if (c) {
            const age = Math.max(0, o.time - c.time);
            kids.push(make('p', { class: 'soft' }, `Seen ${since(age)} ago: ${c.phase}, step ${c.step}, weights version ${c.version}, ${c.queued} programs waiting, ${c.running} running, mean wait for a slot ${number(c.queueWait)} s.`));
            kids.push(make('h2', {}, 'Rollout workers'), table(['name', 'slots', 'leases', 'version held', 'behind', 'shards done', 'clock ahead', 'last heard'], c.workers.map(w => [w.name, w.slots, w.leases, w.version ?? '–', w.version === null ? '–' : c.version - w.version, w.done, w.clock ?? '–', since(w.silence + age) + ' ago'])));
            kids.push(make('h2', {}, 'Executors'), table(['name', 'slots', 'leases', 'verdicts', 'languages', 'clock ahead', 'last heard'], c.executors.map(x => [x.name, x.slots, x.leases, x.done, x.languages, x.clock ?? '–', since(x.silence + age) + ' ago'])));
          } else kids.push(make('p', { class: 'soft' }, 'This run wrote no cluster.json: who took part is not known.'));
          const law = (what, of) => {
            const [issued, ...parts] = ['issued', 'accepted', 'expired', 'quarantined', 'outstanding'].map(n => (o.latest || {})[of + '_' + n]);
            return issued === undefined ? [] : [[what, issued, ...parts, issued === parts.reduce((x, y) => x + y, 0) ? 'holds' : 'BROKEN']];
          };
          const laws = [...law('shards', 'rollout/shards'), ...law('programs', 'executor/jobs')];
          if (laws.length) kids.push(make('h2', {}, 'Conservation: issued = accepted + expired + quarantined + outstanding'), table(['of', 'issued', 'accepted', 'expired', 'quarantined', 'outstanding', 'law'], laws));
          else if (o.ledger) kids.push(make('p', {}, `Conservation: of ${o.ledger.trajectories} completions of iteration ${o.ledger.step} ${o.ledger.trajectories - o.ledger.masked} were judged and ${o.ledger.masked} could not be.`));
          view.replaceChildren(smoothBar(), ...kids, charts(CLUSTER));
        }
        async function allView(view, isCurrent) {
          const names = (state.overview || {}).names || [], meanings = (state.overview || {}).meanings || {};
          const box = make('div', { class: 'grid' });
          const word = make('input', { type: 'search', id: 'word', value: state.filter.word || '', 'aria-label': 'part of a name', oninput: () => { state.filter.word = word.value; refill(); } });
          const refill = async () => {
            const wanted = names.filter(n => n.includes(word.value)).slice(0, 60);
            await fetchSeries(wanted);
            if (!isCurrent()) return;
            box.replaceChildren(...wanted.map(n => chart(n + (meanings[n] ? ' (' + meanings[n][0] + ')' : ''), linesOf([[n, meanings[n] ? meanings[n][1] : 'value']]), {})));
            redraw();
          };
          view.replaceChildren(smoothBar(), make('div', { class: 'bar' }, make('label', {}, 'part of a name', word)), box);
          await refill();
        }
        function runView(view) {
          view.replaceChildren(table(['run', 'step', 'score', 'pass rate', 'last written', 'folder'], state.runs.map(r => [r.name, r.step, number(r.score), percent(r.pass), r.updated ? new Date(r.updated * 1000).toLocaleString() : '–', r.path])),
            make('h2', {}, 'Settings of ' + (state.overview?.name || '')), make('pre', { id: 'configuration' }, shown(state.overview?.configuration || '')));
        }
        const VIEWS = {
          learning: ['Learning', view => view.replaceChildren(smoothBar(), charts(LEARNING))],
          rewards: ['Rewards', view => view.replaceChildren(smoothBar(), charts(REWARDS))],
          cluster: ['Cluster', clusterView], rollouts: ['Rollouts', rolloutsView], metrics: ['All numbers', allView], run: ['Run', runView],
        };
        async function show() {
          if (!VIEWS[state.tab]) state.tab = 'learning';
          find('#tabs').replaceChildren(...Object.entries(VIEWS).map(([key, [label]]) => make('button', { 'data-tab': key, 'aria-current': state.tab === key ? 'page' : null, onclick: () => { state.tab = key; state.open = null; remember(); show(); } }, label)));
          find('#warnings').replaceChildren(...((state.overview || {}).warnings || []).map(w => make('p', { class: 'warning' }, make('b', {}, w.kind + ': '), w.text)));
          const view = find('#view');
          if (!state.runs.length) { view.replaceChildren(make('p', {}, 'No run is being shown.')); return; }
          // Who presses keys faster than the server answers gets the last view asked for.
          const turn = ++state.turn, isCurrent = () => turn === state.turn;
          await VIEWS[state.tab][1](view, isCurrent);
          if (!isCurrent()) return;
          redraw();
          document.documentElement.dataset.ready = state.tab + (state.open ? '/open' : '');
        }
        function showRuns() {
          find('#runs').replaceChildren(...state.runs.map(run => make('label', {}, make('input', { type: 'checkbox', checked: state.chosen.includes(run.index), onchange: async e => {
            state.chosen = e.target.checked ? [...state.chosen, run.index].sort((a, b) => a - b) : state.chosen.filter(i => i !== run.index);
            if (!state.chosen.length) state.chosen = [run.index];
            remember(); showRuns(); await load(); show();
          } }), run.name + (run.live ? ' (live)' : ''))));
          const live = state.runs.filter(r => r.live).length;
          say(state.runs.map(r => 'step ' + r.step).slice(0, 4).join(', ') + (live ? ', live' : ', finished'));
        }
        async function fetchSeries(names) {
          await Promise.all(state.chosen.map(async run => {
            const answer = await ask('series', { run, names: names.join(','), points: 400 });
            state.series.set(run, { ...(state.series.get(run) || {}), ...answer.series });
          }));
        }
        async function load() {
          const overview = await ask('overview', { run: state.chosen[0] });
          state.overview = overview;
          await fetchSeries(METRICS(overview.names));
        }
        async function refresh() {
          state.runs = await ask('runs');
          await load();
          showRuns();
          // What is being read or typed stays as it is.
          if (['learning', 'rewards', 'cluster'].includes(state.tab) && !find('#view').contains(document.activeElement)) await show();
        }
        let due = false;
        function watch() {
          const events = new EventSource('/api/events');
          events.onmessage = () => {
            if (due) return;
            due = true;
            setTimeout(() => { due = false; refresh().catch(error => say(error.message)); }, 500);
          };
        }
        document.addEventListener('keydown', e => {
          if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) return;
          const tab = Object.keys(VIEWS)[Number(e.key) - 1];
          if (tab) { state.tab = tab; state.open = null; remember(); show(); }
          else if (e.key === 'Escape' && state.open) closeRollout();
          else if ((e.key === 'j' || e.key === 'k') && state.tab === 'rollouts') {
            const by = e.key === 'j' ? 1 : -1;
            if (state.open) neighbour(by);
            else { const rows = [...document.querySelectorAll('#rollouts tbody tr')]; (rows[rows.indexOf(document.activeElement) + by] || rows[0])?.focus(); }
          } else if (e.key === '?') {
            const box = make('dialog', {}, make('h2', {}, 'Keys'), ...[['1 … 6', 'views'], ['Tab', 'from one thing to the next'], ['← →', 'cursor of a chart; from token to token'], ['j k', 'next and previous rollout'], ['Enter', 'open a rollout'], ['Escape', 'back to the list']].map(([k, t]) => make('p', {}, make('b', {}, k), ' ' + t)), make('button', { onclick: () => box.remove() }, 'Close'));
            document.body.append(box);
            box.showModal();
          }
        });
        let resizing = 0;
        addEventListener('resize', () => { clearTimeout(resizing); resizing = setTimeout(redraw, 150); });
        (async () => {
          try {
            state.runs = await ask('runs');
            recall();
            if (state.runs.length) await load();
            showRuns();
            await show();
            performance.mark('painted');
            watch();
          } catch (error) { say('The server does not answer: ' + error.message); }
        })();
        """#
}
