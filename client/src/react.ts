import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { createInvitationFlow, type FlowOptions, type InvitationFlow } from './invitation-flow.ts';

/**
 * Accepts an invitation in a React component. Starts, or goes on where this browser was, and renders again after every step.
 * @returns the flow's methods, its state and problem, and whether a step is under way
 */
export function useInvitationFlow(options: FlowOptions) {
  const { baseUrl, clientId, link, storage, language } = options;
  const flow = useMemo(
    () =>
      createInvitationFlow({ baseUrl, clientId, link, storage, language, fetch: options.fetch }),
    [baseUrl, clientId, link, storage, language, options.fetch],
  );
  const current = useSyncExternalStore(flow.subscribe, flow.current, flow.current);
  const [isBusy, setBusy] = useState(false);
  const during = useCallback(
    async <T>(work: (flow: InvitationFlow) => Promise<T>): Promise<T> => {
      setBusy(true);
      try {
        return await work(flow);
      } finally {
        setBusy(false);
      }
    },
    [flow],
  );
  useEffect(() => {
    void during((started) => started.start());
  }, [during]);
  return {
    flow,
    state: current.state,
    problem: current.ok ? null : current.problem,
    isBusy,
    /** Runs a step and tells that it is under way: `run((flow) => flow.password(typed))`. */
    run: during,
  };
}
