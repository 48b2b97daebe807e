export { LineChart } from 'recharts';
