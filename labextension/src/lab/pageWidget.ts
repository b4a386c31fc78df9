/** A page of JupyterLab's main area that is drawn with React: what all of ours share. */

import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';

import { dagbookIcon } from './icon';

export interface PageOptions {
  readonly id: string;
  /** What its style goes by. */
  readonly className: string;
  /** On the tab. */
  readonly label: string;
  /** Said of the tab and of the page; the label when left out. */
  readonly caption?: string;
}

export abstract class PageWidget extends ReactWidget {
  constructor({ id, className, label, caption = label }: PageOptions) {
    super();
    this.id = id;
    this.addClass(className);
    this.title.icon = dagbookIcon;
    this.title.closable = true;
    this.title.label = label;
    this.title.caption = caption;
    this.node.tabIndex = -1;
  }

  protected override onBeforeAttach(msg: Message): void {
    super.onBeforeAttach(msg);
    // Now, and not before: the main area gives every content the same name.
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', this.title.caption);
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this.node.focus();
  }
}
