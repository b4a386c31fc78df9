/** The sign of Dagbook: a diary with a small graph in it. */

import { LabIcon } from '@jupyterlab/ui-components';

import svgstr from '../../style/icons/dagbook.svg';

export const dagbookIcon = new LabIcon({ name: 'dagbook:dagbook', svgstr });
