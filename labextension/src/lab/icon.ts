/** The sign of Dagbook, a diary with a small graph in it, and those of what it does. */

import { LabIcon } from '@jupyterlab/ui-components';

import svgstr from '../../style/icons/dagbook.svg';
import parametersSvg from '../../style/icons/parameters.svg';
import runSvg from '../../style/icons/run.svg';
import trackSvg from '../../style/icons/track.svg';

export const dagbookIcon = new LabIcon({ name: 'dagbook:dagbook', svgstr });
export const parametersIcon = new LabIcon({ name: 'dagbook:parameters', svgstr: parametersSvg });
export const runIcon = new LabIcon({ name: 'dagbook:run', svgstr: runSvg });
export const trackIcon = new LabIcon({ name: 'dagbook:track', svgstr: trackSvg });
