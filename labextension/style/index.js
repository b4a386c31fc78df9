import '@xyflow/react/dist/base.css';
import './base.css';
import './launch.css';
import './tracked.css';
import './models.css';
import './run-page.css';
import 'uplot/dist/uPlot.min.css';
import './pipeline.css';
