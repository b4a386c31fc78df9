import '@xyflow/react/dist/base.css';
import './base.css';
import './launch.css';
import './pipeline.css';
